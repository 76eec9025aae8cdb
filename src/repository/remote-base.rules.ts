export interface RemoteRef {
  readonly oid: string;
  readonly name: string;
}

/** Parses `git ls-remote`; an annotated tag counts as the commit that it leads to. */
export function parseRemoteRefs(output: string): RemoteRef[] {
  const byName = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [, oid, name] = /^([0-9a-f]{40,64})\t(\S+)$/.exec(line) ?? [];
    if (oid !== undefined && name !== undefined) byName.set(name.replace(/\^\{\}$/, ''), oid);
  }
  return [...byName].map(([name, oid]) => ({ oid, name }));
}

function isBranchOrTag({ name }: RemoteRef): boolean {
  return name.startsWith('refs/heads/') || name.startsWith('refs/tags/');
}

/**
 * The references of the remote of which one must hold the base: the one that was asked for, else all branches and
 * tags, because a commit was asked for or the branch is gone meanwhile. Branches that were delivered prove nothing,
 * unless one was asked for by its name.
 */
export function targetRefs(refs: readonly RemoteRef[], askedRef: string | null): RemoteRef[] {
  const branch = (askedRef ?? '').replace(/^refs\/heads\//, '');
  const tag = (askedRef ?? '').replace(/^refs\/tags\//, '');
  const names = askedRef === null ? ['HEAD'] : [`refs/heads/${branch}`, `refs/tags/${tag}`];
  const asked = refs.filter(({ name }) => names.includes(name));
  if (asked.length > 0) return asked;
  return refs.filter((ref) => isBranchOrTag(ref) && !ref.name.startsWith('refs/heads/coorchat/'));
}
