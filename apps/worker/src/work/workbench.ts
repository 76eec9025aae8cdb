import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import type { AttemptContext } from '../attempt/task-work.port.js';
import type { ToolSession } from '../attempt/tools.port.js';
import type { Workspace, WorkspaceRequest } from '../attempt/workspace.port.js';
import type { WorkParts } from './work-parts.js';

/** Where a task works: its folder, its repository if it has one, its tools. */
export interface Workbench {
  readonly root: string;
  readonly workspace: Workspace | undefined;
  readonly tools: ToolSession;
}

export async function workspaceRequest(context: AttemptContext): Promise<WorkspaceRequest> {
  const { assignment, blobs, signal, emit } = context;
  const { attemptId, repository, upstreams, grant } = assignment;
  if (!repository) {
    throw new AttemptFailure({ class: 'task', code: 'worker.no_repository', message: 'The task has no repository.' });
  }
  return {
    attemptId,
    repository,
    upstreams,
    grant,
    dir: await context.dir(),
    blobs,
    signal,
    emit: (progress) => emit({ progress }),
  };
}

async function openWorkspace(context: AttemptContext, parts: WorkParts): Promise<Workspace | undefined> {
  if (!context.assignment.repository) return undefined;
  const request = await workspaceRequest(context);
  const left = context.resumed ? await parts.workspaces.open(request) : undefined;
  return left ?? (await parts.workspaces.create(request));
}

async function emptyFolder(context: AttemptContext): Promise<string> {
  const folder = path.join(await context.dir(), 'folder');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Prepares the bench, lets `work` use it, and stops the tools whatever happens. The folder stays: the runner removes it. */
export async function atWorkbench<T>(
  context: AttemptContext,
  parts: WorkParts,
  work: (bench: Workbench) => Promise<T>,
): Promise<T> {
  context.enter('preparing');
  const workspace = await openWorkspace(context, parts);
  const root = workspace?.root ?? (await emptyFolder(context));
  const { attemptId, checks, grant } = context.assignment;
  const readable = workspace?.readable;
  const tools = await parts.tools.open({ attemptId, root, readable, checks, grant, signal: context.signal });
  try {
    return await work({ root, workspace, tools });
  } finally {
    await tools.close();
  }
}
