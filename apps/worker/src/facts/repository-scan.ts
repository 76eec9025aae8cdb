import { glob, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LocalRepository, type RepositoryAddress, repositoryAddress } from '@coorchat/contracts';
import { git as runGit, locateClone } from '@coorchat/git';
import { mapBounded } from './run-probe.js';

/** A clone that the owner opted in. Its path stays on this machine. */
export interface LocalClone extends LocalRepository {
  readonly path: string;
  /** What git dials from there; undefined for a repository without a remote. */
  readonly fetchUrl: string | undefined;
}

const MAX_REPOSITORIES = 500;
const MAX_DEPTH = 4;
const AT_ONCE = 4;
const SKIPPED = new Set(['node_modules', '.git', 'vendor', 'target', 'dist']);
const TIMEOUT_MS = 5000;

/** Finds the clones in the owner's folders and globs, and reads where they come from. Runs no hook and changes nothing. */
export async function scanRepositories(roots: readonly string[], home: string): Promise<LocalClone[]> {
  const folders = new Set<string>();
  for (const root of roots) {
    for await (const place of placesOf(root, home)) await collect(place, { depth: 0, folders });
  }
  const clones = await mapBounded([...folders].slice(0, MAX_REPOSITORIES), AT_ONCE, readClone);
  return clones.filter((clone) => clone !== undefined);
}

async function* placesOf(root: string, home: string): AsyncGenerator<string> {
  const absolute = path.resolve(root.replace(/^~(?=$|[/\\])/, home));
  if (!/[*?[\]{}]/.test(absolute)) yield absolute;
  else for await (const match of glob(absolute)) yield match;
}

async function collect(place: string, at: { readonly depth: number; readonly folders: Set<string> }): Promise<void> {
  const { depth, folders } = at;
  if (folders.size >= MAX_REPOSITORIES) return;
  const names = await readdir(place, { withFileTypes: true }).catch(() => undefined);
  if (!names) return;
  const isClone =
    names.some(({ name }) => name === '.git') ||
    (await isBare(
      place,
      names.map(({ name }) => name),
    ));
  if (isClone) return void folders.add(await realpath(place));
  if (depth >= MAX_DEPTH) return;
  for (const entry of names) {
    const enter = entry.isDirectory() && !SKIPPED.has(entry.name);
    if (enter) await collect(path.join(place, entry.name), { depth: depth + 1, folders });
  }
}

async function isBare(place: string, names: readonly string[]): Promise<boolean> {
  if (!['HEAD', 'objects', 'refs', 'config'].every((name) => names.includes(name))) return false;
  return (await stat(path.join(place, 'objects'))).isDirectory();
}

async function readClone(place: string): Promise<LocalClone | undefined> {
  const head = await git(place, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const remote = await remoteUrl(place);
  const address = addressOf(remote ?? pathToFileURL(place).href, place);
  if (address === undefined || address.publicUrl.length > 2000) return undefined;
  return {
    name:
      path
        .basename(place)
        .replace(/\.git$/, '')
        .slice(0, 200) || 'repository',
    path: place,
    url: address.publicUrl,
    fetchUrl: remote === undefined ? undefined : address.fetchUrl,
    defaultBranch: await defaultBranch(place),
    head: head ?? null,
    shallow: await isIncomplete(place),
  };
}

async function remoteUrl(place: string): Promise<string | undefined> {
  const origin = await git(place, ['config', '--local', '--get', 'remote.origin.url']);
  if (origin) return origin;
  const others = await git(place, ['config', '--local', '--get-regexp', '^remote\\..*\\.url$']);
  return others?.split('\n', 1)[0]?.split(' ').slice(1).join(' ');
}

async function defaultBranch(place: string): Promise<string | null> {
  const remote = await git(place, ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD']);
  const branch = remote?.replace(/^origin\//, '') ?? (await git(place, ['symbolic-ref', '--quiet', '--short', 'HEAD']));
  return branch?.slice(0, 250) ?? null;
}

/** Undefined for a remote that is no address, for example one with a password in it. */
function addressOf(remote: string, place: string): RepositoryAddress | undefined {
  try {
    const isPath = !remote.includes('://') && !/^[^/\\]+:/.test(remote);
    return repositoryAddress(isPath ? pathToFileURL(path.resolve(place, remote)).href : remote);
  } catch {
    return undefined;
  }
}

/** Neither a shallow nor a partial clone can give the base of a repository away. */
async function isIncomplete(place: string): Promise<boolean> {
  const clone = await locateClone(place).catch(() => undefined);
  return !clone || clone.partial || clone.shallow.length > 0;
}

async function git(place: string, args: readonly string[]): Promise<string | undefined> {
  const result = await runGit(args, { cwd: place, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  return result?.stdout.trim() || undefined;
}
