import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Upstream } from '@coorchat/a2a';
import { branchRef, git, identityEnvironment, importBundle, isAncestor, type Repository } from '@coorchat/git';
import type { WorkspaceRequest } from '../attempt/workspace.port.js';
import { mergeConflict } from './workspace.errors.js';
import type { WorkspaceLimits } from './workspace.options.js';

export interface WorkTree extends Repository {
  readonly root: string;
}

type Commits = NonNullable<Upstream['commits']>;

async function fetchUpstream(
  tree: WorkTree,
  request: WorkspaceRequest,
  upstream: Upstream & { commits: Commits },
  limits: WorkspaceLimits,
) {
  const { ref, head, bundle } = upstream.commits;
  const path = join(request.dir, 'upstream.bundle');
  try {
    await request.blobs.download(bundle, path, request.signal);
    const storeAs = `refs/coorchat/upstream/${upstream.key}`;
    const limit = { maxBytes: limits.maxBundleBytes, timeoutMs: limits.transferTimeoutMs, signal: request.signal };
    await importBundle(tree, { path, ref: branchRef(ref), head, storeAs, strictness: 'task', ...limit });
  } finally {
    await rm(path, { force: true });
  }
}

async function conflictingFiles(tree: WorkTree, signal: AbortSignal): Promise<string[]> {
  const args = ['diff', '--name-only', '--diff-filter=U', '-z', '--no-ext-diff'];
  const { stdout } = await git(args, { gitDir: tree.gitDir, workTree: tree.root, signal });
  return stdout.split('\0').filter((path) => path !== '');
}

async function merge(
  tree: WorkTree,
  upstream: Upstream,
  head: string,
  request: WorkspaceRequest,
  limits: WorkspaceLimits,
) {
  const { signal } = request;
  const now = (await git(['rev-parse', '--verify', 'HEAD'], { gitDir: tree.gitDir, signal })).stdout;
  if (await isAncestor(tree, { ancestor: head, descendant: now }, signal)) return;
  // Nothing of ours to merge with: a chain of tasks stays a straight line.
  const straight = await isAncestor(tree, { ancestor: now, descendant: head }, signal);
  const how = straight ? ['--ff-only'] : ['--no-ff', '-m', `Merge ${upstream.key}: ${upstream.title}`];
  const { exitCode, stderr } = await git(['merge', '--quiet', ...how, head], {
    gitDir: tree.gitDir,
    workTree: tree.root,
    env: identityEnvironment(),
    exitCodes: [0, 1, 128],
    timeoutMs: limits.commandTimeoutMs,
    signal,
  });
  if (exitCode === 0) return;
  const files = await conflictingFiles(tree, signal);
  throw mergeConflict(upstream.key, files.length > 0 ? files : [stderr]);
}

/** Merges what the upstream tasks made, in order. Throws class `conflict` with the files that do not merge. */
export async function mergeUpstreams(
  tree: WorkTree,
  request: WorkspaceRequest,
  limits: WorkspaceLimits,
): Promise<void> {
  for (const upstream of request.upstreams) {
    const { commits } = upstream;
    if (!commits) continue;
    request.emit({ kind: 'step', text: `merging the commits of ${upstream.key}` });
    await fetchUpstream(tree, request, { ...upstream, commits }, limits);
    await merge(tree, upstream, commits.head, request, limits);
  }
}
