import { readBlobs } from './blobs.js';
import { type Change, changeFlags, leavesRepository, submoduleChanges } from './change-flags.js';
import { GitError } from './git.errors.js';
import { git } from './git-command.js';
import type { Repository } from './repository.js';

export interface Changes {
  /** Paths that differ between base and head, sorted as git sorts them. */
  readonly filesChanged: string[];
  /** What a reviewer should look at first, as `<reason>:<path>`. */
  readonly flags: string[];
  /** Paths where a submodule is added, moved or removed by any commit; such changes are not taken over. */
  readonly submodules: string[];
}

const RAW = /^:([0-7]{6}) ([0-7]{6}) [0-9a-f]+ ([0-9a-f]+) /;
const SYMLINK = '120000';
const MAX_SYMLINKS = 1_000;

/** Parses `git diff-tree -z --raw` without renames: a header, then one path. */
export function parseRawDiff(output: string): Change[] {
  const fields = output.split('\0').filter((field) => field !== '');
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, oldMode, mode, oid] = RAW.exec(fields[i] ?? '') ?? [];
    const path = fields[i + 1];
    if (oldMode === undefined || mode === undefined || oid === undefined || path === undefined) {
      throw new GitError({ code: 'git.failed', message: 'git printed a difference in an unknown form' });
    }
    changes.push({ path, mode, oldMode, oid });
  }
  return changes;
}

const DIFF = [
  '-r',
  '-z',
  '--raw',
  '--no-abbrev',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--ignore-submodules=none',
];

/** Links whose target lies outside of the repository, or cannot be told. */
async function outsideLinks(
  repository: Repository,
  changes: readonly Change[],
  signal?: AbortSignal,
): Promise<string[]> {
  const links = changes.filter(({ mode }) => mode === SYMLINK);
  const targets = await readBlobs(
    repository,
    links.slice(0, MAX_SYMLINKS).map(({ oid }) => oid),
    signal,
  );
  const leaves = ({ path, oid }: Change) => leavesRepository(path, targets.get(oid)?.toString('utf8'));
  return links.filter(leaves).map(({ path }) => `symlink-outside:${path}`);
}

/**
 * Compares base and head. Commits in between count too for submodules, so that one which comes and goes is
 * seen; flags name what base and head differ in.
 */
export async function inspectChanges(
  repository: Repository,
  range: { readonly base: string; readonly head: string },
  signal?: AbortSignal,
): Promise<Changes> {
  const options = { gitDir: repository.gitDir, signal, maxOutputBytes: 64 * 1024 * 1024 };
  const diff = await git(['diff-tree', ...DIFF, range.base, range.head], options);
  const changes = parseRawDiff(diff.stdout);
  const history = ['log', '--format=', '-m', ...DIFF, range.head, `^${range.base}`];
  const between = parseRawDiff((await git(history, options)).stdout);
  return {
    filesChanged: changes.map(({ path }) => path),
    flags: [...changeFlags(changes), ...(await outsideLinks(repository, changes, signal))],
    submodules: [...new Set(submoduleChanges([...changes, ...between]))],
  };
}
