import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { ObjectFormat } from './bundle-header.js';
import { GitError } from './git.errors.js';
import { git } from './git-command.js';

/** A clone that belongs to somebody, as far as its objects and references may be read. */
export interface Clone {
  /** Its `.git` folder, or that of the linked work tree. */
  readonly gitDir: string;
  /** Real `objects` folders: its own first, then those that it borrows from. */
  readonly objectDirs: readonly string[];
  readonly objectFormat: ObjectFormat;
  /** Commits at which a shallow clone's history was cut; empty for a whole one. */
  readonly shallow: readonly string[];
  /** Whether objects are missing that it would fetch when needed. */
  readonly partial: boolean;
}

const MAX_ALTERNATES = 32;

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function gitDirOf(folder: string): Promise<string | undefined> {
  const dotGit = join(folder, '.git');
  const entry = await stat(dotGit).catch(() => undefined);
  if (entry?.isDirectory()) return realpath(dotGit);
  const target = entry?.isFile() ? /^gitdir: (.+?)\n?$/.exec((await textOf(dotGit)) ?? '')?.[1] : undefined;
  if (target !== undefined) return realpath(resolve(folder, target));
  const bare = (await exists(join(folder, 'objects'))) && (await exists(join(folder, 'HEAD')));
  return bare ? realpath(folder) : undefined;
}

async function objectDirsOf(first: string): Promise<string[]> {
  const found = new Set<string>();
  const queue = [first];
  for (let next = queue.shift(); next !== undefined && found.size < MAX_ALTERNATES; next = queue.shift()) {
    const folder = await realpath(next).catch(() => undefined);
    if (folder === undefined || found.has(folder)) continue;
    found.add(folder);
    const lines = ((await textOf(join(folder, 'info', 'alternates'))) ?? '').split('\n');
    const paths = lines.filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('"'));
    queue.push(...paths.map((path) => (isAbsolute(path) ? path : resolve(folder, path))));
  }
  return [...found];
}

async function isPartial(objectDirs: readonly string[]): Promise<boolean> {
  const lists = objectDirs.map((folder) => readdir(join(folder, 'pack')).catch((): string[] => []));
  return (await Promise.all(lists)).flat().some((name) => name.endsWith('.promisor'));
}

async function shallowCommits(objectDirs: readonly string[]): Promise<string[]> {
  // The list of cut commits lies beside `objects`, in the clone and in those that it borrows from.
  const lists = await Promise.all(objectDirs.map((folder) => textOf(join(dirname(folder), 'shallow'))));
  const commits = lists.flatMap((text) => (text ?? '').split('\n'));
  return [...new Set(commits.filter((oid) => /^[0-9a-f]{40,64}$/.test(oid)))];
}

/** Looks at a folder without running anything of it. Throws `git.not_a_repository`. */
export async function locateClone(folder: string, signal?: AbortSignal): Promise<Clone> {
  const gitDir = await gitDirOf(folder);
  if (gitDir === undefined) {
    throw new GitError({ code: 'git.not_a_repository', message: `${folder} is not a git repository` });
  }
  const common = (await textOf(join(gitDir, 'commondir')))?.trim();
  const commonDir = common === undefined ? gitDir : resolve(gitDir, common);
  const objectDirs = await objectDirsOf(join(commonDir, 'objects'));
  const format = await git(['rev-parse', '--show-object-format'], { gitDir, signal });
  const shallow = await shallowCommits(objectDirs);
  const partial = await isPartial(objectDirs);
  return { gitDir, objectDirs, objectFormat: format.stdout === 'sha256' ? 'sha256' : 'sha1', shallow, partial };
}
