import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssignedRepository, Grant, Progress, Upstream } from '@coorchat/a2a';
import type { Commits } from '@coorchat/contracts';
import { type BlobReference, BlobStore } from '../../../apps/worker/src/attempt/blob-store.port.js';
import type { WorkspaceRequest } from '../../../apps/worker/src/attempt/workspace.port.js';
import {
  type CommandSandbox,
  GitWorkspaceFactory,
  type SandboxedCommand,
  type WorkspaceOptions,
} from '../../../apps/worker/src/workspace/index.js';

export class FolderBlobs extends BlobStore {
  readonly uploads: string[] = [];

  constructor(private readonly dir: string) {
    super();
    mkdirSync(dir, { recursive: true });
  }

  async upload(path: string): Promise<BlobReference> {
    const bytes = await readFile(path);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await copyFile(path, this.pathOf(digest));
    this.uploads.push(digest);
    return { digest, bytes: bytes.length };
  }

  async download(blob: BlobReference, path: string): Promise<void> {
    await copyFile(this.pathOf(blob.digest), path);
  }

  async has(digest: string): Promise<boolean> {
    return existsSync(this.pathOf(digest));
  }

  pathOf(digest: string): string {
    return join(this.dir, digest.replace(':', '-'));
  }
}

/** Runs commands as they are and remembers them. */
export class OpenSandbox implements CommandSandbox {
  readonly commands: SandboxedCommand[] = [];

  wrap(command: SandboxedCommand) {
    this.commands.push(command);
    return command;
  }
}

export const URL = 'https://example.com/acme/shop';

export interface Machine {
  readonly sandbox: OpenSandbox;
  readonly factory: GitWorkspaceFactory;
  readonly dataDir: string;
}

/** A worker of its own on this machine. */
export function machine(dataDir: string, options: Partial<WorkspaceOptions> = {}): Machine {
  const sandbox = new OpenSandbox();
  const factory = new GitWorkspaceFactory({ dataDir, clones: () => [], sandbox, ...options });
  return { sandbox, factory, dataDir };
}

const GRANT: Grant = {
  version: 1,
  attemptId: 'att_1',
  taskId: 'tsk_1',
  workRequestId: 'wrq_1',
  orgId: 'org_a',
  providerOrgId: 'org_a',
  workerId: 'wrk_1',
  fence: 1,
  skill: null,
  repository: URL,
  tools: ['*'],
  mcpServers: [],
  network: 'none',
  commands: true,
  ownModelKey: false,
  budgetMicros: 0,
  maxDurationMs: 60_000,
  issuedAt: '2026-11-21T00:00:00Z',
  expiresAt: '2026-11-22T00:00:00Z',
};

export interface RequestParts {
  readonly dir: string;
  readonly blobs: FolderBlobs;
  readonly repository?: Partial<AssignedRepository>;
  readonly upstreams?: readonly Upstream[];
  readonly grant?: Partial<Grant>;
  readonly signal?: AbortSignal;
}

export function workspaceRequest(parts: RequestParts): WorkspaceRequest & { readonly steps: string[] } {
  mkdirSync(parts.dir, { recursive: true });
  const steps: string[] = [];
  const emit = (progress: Progress) => void (progress.kind === 'step' && steps.push(progress.text));
  return {
    attemptId: 'att_1',
    dir: parts.dir,
    blobs: parts.blobs,
    upstreams: parts.upstreams ?? [],
    grant: { ...GRANT, ...parts.grant },
    signal: parts.signal ?? new AbortController().signal,
    repository: {
      url: URL,
      ref: null,
      base: null,
      objectFormat: 'sha1',
      branch: 'coorchat/tsk_1',
      baseBundle: null,
      ...parts.repository,
    },
    emit,
    steps,
  };
}

export function upstreamOf(key: string, commits: Commits | null): Upstream {
  const bundle = commits && { digest: commits.bundleDigest, bytes: commits.bundleBytes };
  return {
    key,
    title: `Task ${key}`,
    summary: null,
    commits: commits && bundle && { base: commits.base, head: commits.head, ref: commits.ref, bundle },
  };
}

/** Names, modes and contents of everything in a folder. */
export function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    const entry = lstatSync(path);
    hash.update(`${path}\0${entry.mode}\0`);
    if (entry.isDirectory()) for (const name of readdirSync(path).toSorted()) visit(join(path, name));
    else hash.update(entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path));
  };
  visit(folder);
  return hash.digest('hex');
}
