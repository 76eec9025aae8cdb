import { git, hasCommit, isRefName, OID_LENGTH, type Repository, resolveRef } from '@coorchat/git';

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

export interface NamedCommit {
  readonly commit: string;
  /** Full name of the branch or tag, as the remote would call it; null for a commit that was asked for by its id. */
  readonly name: string | null;
}

/** Branch, tag, full reference name or commit; none of git's expressions (`HEAD~3`, `:/text`, `@{…}`). */
export async function resolveCommit(
  repository: Repository,
  text: string,
  layout: RefLayout,
  signal: AbortSignal,
): Promise<NamedCommit | undefined> {
  if (!isRefName(text)) return undefined;
  const branch = text.replace(/^refs\/heads\//, '');
  const tag = text.replace(/^refs\/tags\//, '');
  const places = [
    ...layout.branches.map((folder) => ({ place: `${folder}/${branch}`, name: `refs/heads/${branch}` })),
    { place: `${layout.tags}/${tag}`, name: `refs/tags/${tag}` },
  ];
  for (const { place, name } of places) {
    const commit = await resolveRef(repository.gitDir, place, signal);
    if (commit !== undefined) return { commit, name };
  }
  const commit = await byObject(repository, text, signal);
  return commit === undefined ? undefined : { commit, name: null };
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
