import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleArguments, type Changes, importBundle, initBare, inspectChanges, isAncestor } from '@coorchat/git';
import { removeTree } from './remove-tree.js';
import { type UntrustedGit, untrustedGit } from './untrusted-git.js';
import type { WorkspaceState } from './workspace-state.js';
import { brokenWorkspace, submoduleChange, unfinishedMerge } from './workspace.errors.js';

export interface HarvestedBundle extends Changes {
  readonly path: string;
  readonly head: string;
}

const MAX_MESSAGE = 10_000;

async function refuseForeignRepository(gitDir: string): Promise<void> {
  const entry = await lstat(gitDir).catch(() => undefined);
  if (!entry?.isDirectory()) throw brokenWorkspace('its .git folder is gone or has become something else');
  // Left by a git that was killed with its task.
  await rm(join(gitDir, 'index.lock'), { force: true });
}

async function commitRest(run: UntrustedGit, message: string): Promise<void> {
  const unmerged = (await untrustedGit(['diff', '--name-only', '--diff-filter=U', '-z'], run)).stdout;
  if (unmerged !== '') throw unfinishedMerge(unmerged.split('\0').filter((path) => path !== ''));
  await untrustedGit(['add', '--all'], run);
  const { exitCode } = await untrustedGit(['diff', '--cached', '--quiet', 'HEAD'], run, [0, 1]);
  if (exitCode === 1)
    await untrustedGit(['commit', '--quiet', '--no-verify', '-m', message.slice(0, MAX_MESSAGE)], run);
}

/** In the sandbox: commits what is left and bundles it. Undefined when the task made no commits. */
export async function bundleInSandbox(
  run: UntrustedGit,
  state: WorkspaceState,
  message: string,
): Promise<{ path: string; head: string } | undefined> {
  await refuseForeignRepository(join(run.paths.root, '.git'));
  await commitRest(run, message);
  const head = (await untrustedGit(['rev-parse', '--verify', 'HEAD^{commit}'], run)).stdout;
  if (!/^[0-9a-f]{40,64}$/.test(head)) throw brokenWorkspace('it has no head commit');
  if (head === state.base) return undefined;
  await removeTree(run.paths.out);
  await mkdir(run.paths.out, { mode: 0o700 });
  const made = join(run.paths.out, 'result.bundle');
  // The task may have worked on another branch: what it left checked out is its result.
  await untrustedGit(['update-ref', '--no-deref', state.ref, head], run);
  await untrustedGit(bundleArguments({ path: made, ref: state.ref, excludes: [state.base] }), run);
  const path = join(run.paths.top, 'result.bundle');
  await rename(made, path);
  return { path, head };
}

/** Outside: looks at the bundle in a repository that no task has touched. */
export async function verifyBundle(
  run: UntrustedGit,
  state: WorkspaceState,
  bundle: { path: string; head: string; maxBytes: number },
): Promise<HarvestedBundle> {
  const dir = join(run.paths.top, 'verify.git');
  await removeTree(dir);
  try {
    const { objectFormat, objectDirs: alternates, shallow, ref, base } = state;
    const repository = await initBare(dir, { objectFormat, alternates, shallow, signal: run.signal });
    const storeAs = 'refs/coorchat/result';
    await importBundle(repository, { ...bundle, ref, storeAs, strictness: 'task', signal: run.signal });
    const range = { base, head: bundle.head };
    if (!(await isAncestor(repository, { ancestor: base, descendant: bundle.head }, run.signal))) {
      throw brokenWorkspace(`its commits do not descend from ${base}`);
    }
    const changes = await inspectChanges(repository, range, run.signal);
    if (changes.submodules.length > 0) throw submoduleChange(changes.submodules);
    return { path: bundle.path, head: bundle.head, ...changes };
  } finally {
    await removeTree(dir);
  }
}
