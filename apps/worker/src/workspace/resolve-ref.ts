import { git, hasCommit, isRefName, OID_LENGTH, type Repository, resolveRef } from '@coorchat/git';

export interface ResolvedRef {
  readonly commit: string;
  readonly defaultBranch: string | null;
}

/** Where a repository keeps its branches and tags, in the order in which they are believed. */
export interface RefLayout {
  readonly branches: readonly string[];
  readonly tags: string;
}

/**
 * A local branch is what the owner has, so it comes before the remote's branch of the same name: work starts
 * from it, commits that were not pushed included.
 */
export const CLONE_LAYOUT: RefLayout = { branches: ['refs/heads', 'refs/remotes/origin'], tags: 'refs/tags' };

async function byObject(repository: Repository, text: string, signal: AbortSignal): Promise<string | undefined> {
  if (!/^[0-9a-f]{7,64}$/.test(text)) return undefined;
  if (text.length === OID_LENGTH[repository.objectFormat]) {
    return (await hasCommit(repository, text, signal)) ? text : undefined;
  }
  return resolveRef(repository.gitDir, text, signal);
}

/** Branch, tag, full reference name or commit; none of git's expressions (`HEAD~3`, `:/text`, `@{…}`). */
export async function resolveCommit(
  repository: Repository,
  text: string,
  layout: RefLayout,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!isRefName(text)) return undefined;
  const branch = text.replace(/^refs\/heads\//, '');
  const tag = text.replace(/^refs\/tags\//, '');
  const names = [...layout.branches.map((folder) => `${folder}/${branch}`), `${layout.tags}/${tag}`];
  for (const name of names) {
    const commit = await resolveRef(repository.gitDir, name, signal);
    if (commit !== undefined) return commit;
  }
  return byObject(repository, text, signal);
}

/** The branch that a clone's remote calls its default, else the one that is checked out. */
export async function defaultBranchOf(gitDir: string, signal: AbortSignal): Promise<string | null> {
  for (const name of ['refs/remotes/origin/HEAD', 'HEAD']) {
    const args = ['symbolic-ref', '--quiet', name];
    const { exitCode, stdout } = await git(args, { gitDir, exitCodes: [0, 1, 128], signal });
    const branch = exitCode === 0 ? /^refs\/(?:heads|remotes\/origin)\/(.+)$/.exec(stdout)?.[1] : undefined;
    if (branch !== undefined) return branch;
  }
  return null;
}
