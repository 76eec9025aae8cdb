import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectFormat } from './bundle-header.js';
import { GitError } from './git.errors.js';
import { git } from './git-command.js';

export interface Repository {
  /** Bare repository or `.git` folder. */
  readonly gitDir: string;
  readonly objectFormat: ObjectFormat;
}

export interface NewRepository {
  readonly objectFormat: ObjectFormat;
  /** Absolute `objects` folders of other repositories that this one reads from. */
  readonly alternates?: readonly string[];
  /** Commits at which the history of the alternates was cut. */
  readonly shallow?: readonly string[];
  readonly signal?: AbortSignal;
}

function alternatesText(folders: readonly string[]): string {
  for (const folder of folders) {
    if (/["\n]/.test(folder)) {
      throw new GitError({
        code: 'git.not_a_repository',
        message: 'A folder with quotes or line breaks in its path cannot lend objects',
      });
    }
  }
  return folders.map((folder) => `${folder}\n`).join('');
}

export async function writeAlternates(gitDir: string, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  await mkdir(join(gitDir, 'objects', 'info'), { recursive: true });
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), alternatesText(folders));
}

async function init(args: readonly string[], gitDir: string, options: NewRepository): Promise<Repository> {
  const format = `--object-format=${options.objectFormat}`;
  await git(['init', '--quiet', '--template=', format, ...args], { signal: options.signal });
  await writeAlternates(gitDir, options.alternates ?? []);
  if (options.shallow?.length) await writeFile(join(gitDir, 'shallow'), `${options.shallow.join('\n')}\n`);
  return { gitDir, objectFormat: options.objectFormat };
}

/** Makes a bare repository without templates and hooks. */
export function initBare(dir: string, options: NewRepository): Promise<Repository> {
  return init(['--bare', '--', dir], dir, options);
}

export function initWorkTree(dir: string, options: NewRepository): Promise<Repository> {
  return init(['--', dir], join(dir, '.git'), options);
}

export async function hasCommit(repository: Repository, oid: string, signal?: AbortSignal): Promise<boolean> {
  const args = ['cat-file', '-e', `${oid}^{commit}`];
  const { exitCode } = await git(args, { gitDir: repository.gitDir, exitCodes: [0, 1, 128], signal });
  return exitCode === 0;
}

/** Whether `ancestor` is `descendant` or comes before it. Both must exist. */
export async function isAncestor(
  repository: Repository,
  commits: { readonly ancestor: string; readonly descendant: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', commits.ancestor, commits.descendant];
  return (await git(args, { gitDir: repository.gitDir, exitCodes: [0, 1], signal })).exitCode === 0;
}

export async function updateRef(
  repository: Repository,
  name: string,
  oid: string,
  signal?: AbortSignal,
): Promise<void> {
  await git(['update-ref', '--no-deref', '--', name, oid], { gitDir: repository.gitDir, signal });
}

/** The commit that a full reference name points at; undefined when there is none. */
export async function resolveRef(gitDir: string, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const { exitCode, stdout } = await git(['rev-parse', '--verify', '--quiet', `${name}^{commit}`], {
    gitDir,
    exitCodes: [0, 1, 128],
    signal,
  });
  return exitCode === 0 && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(stdout) ? stdout : undefined;
}

const REF_NAME = /^(?!-)(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))[^\s~^:?*[\\\u0000-\u001f\u007f]+(?<![/.])$/;

/** Whether git accepts the text as a branch or tag name, and as nothing cleverer. */
export function isRefName(text: string): boolean {
  return text.length <= 250 && !text.startsWith('/') && !text.startsWith('.') && text !== '@' && REF_NAME.test(text);
}

/** The reference that a bundle of a base commit carries. */
export const BASE_REF = 'refs/coorchat/base';

/** The full name of a branch, given either way. */
export function branchRef(branch: string): string {
  return branch.startsWith('refs/heads/') ? branch : `refs/heads/${branch}`;
}
