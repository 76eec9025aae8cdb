import type { TaskResult } from '@coorchat/a2a';
import type { AttemptContext } from '../attempt/task-work.port.js';
import type { WorkParts } from './work-parts.js';
import { workspaceRequest } from './workbench.js';

export async function prepareRepository(context: AttemptContext, parts: WorkParts): Promise<TaskResult> {
  context.enter('preparing');
  const prepared = await parts.workspaces.prepareRepository(await workspaceRequest(context));
  const { files, truncated } = prepared.outline;
  return {
    summary: `${context.assignment.repository?.ref ?? 'HEAD'} is ${prepared.base}; ${files.length}${truncated ? '+' : ''} files`,
    commits: null,
    checks: [],
    prepared,
    transcript: null,
  };
}
