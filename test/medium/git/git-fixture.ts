import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const IDENTITY = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgSign=false'];

/** Runs git as a person on the machine would, with that person's own configuration left out. */
export function userGit(cwd: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ALLOW_PROTOCOL: 'file' };
  return execFileSync('git', [...IDENTITY, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();
}

export function writeFiles(root: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Writes files, commits everything and returns the commit. */
export function commitFiles(root: string, files: Record<string, string>, message = 'change'): string {
  writeFiles(root, files);
  userGit(root, 'add', '-A');
  userGit(root, 'commit', '-q', '--allow-empty', '-m', message);
  return userGit(root, 'rev-parse', 'HEAD');
}

export function newRepository(root: string, files: Record<string, string>, format: 'sha1' | 'sha256' = 'sha1'): string {
  mkdirSync(root, { recursive: true });
  userGit(root, 'init', '-q', '-b', 'main', `--object-format=${format}`);
  return commitFiles(root, files, 'first');
}

/** Makes a commit from raw tree entries, which git itself would refuse to stage. */
export function commitTree(root: string, entries: string, parent: string): string {
  const tree = execFileSync('git', ['mktree', '--missing'], { cwd: root, input: entries, encoding: 'utf8' }).trim();
  return userGit(root, 'commit-tree', tree, '-p', parent, '-m', 'crafted');
}

export function blob(root: string, text: string): string {
  return execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: root, input: text, encoding: 'utf8' }).trim();
}

/** A bundle of one reference, made the way a worker makes it. */
export function bundle(root: string, path: string, range: { ref: string; head: string; base?: string }): void {
  userGit(root, 'update-ref', range.ref, range.head);
  userGit(root, 'bundle', 'create', '-q', path, range.ref, ...(range.base ? [`^${range.base}`] : []));
}

export interface Folder {
  readonly path: string;
  remove(): void;
}

export function temporaryFolder(name: string): Folder {
  const path = mkdtempSync(join(tmpdir(), `coorchat-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
