import { GitError } from './git.errors.js';
import { git } from './git-command.js';
import type { Repository } from './repository.js';

function nextLine(bytes: Buffer, from: number): { line: string; next: number } {
  const end = bytes.indexOf(10, from);
  if (end < 0) throw new GitError({ code: 'git.failed', message: 'git cat-file ended in the middle of its answer' });
  return { line: bytes.subarray(from, end).toString('utf8'), next: end + 1 };
}

/** Parses `git cat-file --batch`: object name to content, without those that are missing. */
export function parseBatch(bytes: Buffer): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const { line, next } = nextLine(bytes, at);
    const [, oid, size] = /^([0-9a-f]+) \w+ (\d+)$/.exec(line) ?? [];
    at = next;
    if (oid === undefined || size === undefined) continue;
    blobs.set(oid, bytes.subarray(next, next + Number(size)));
    at = next + Number(size) + 1;
  }
  return blobs;
}

/** Contents of objects by name; the caller has checked that they are small. */
export async function readBlobs(
  repository: Repository,
  oids: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Buffer>> {
  if (oids.length === 0) return new Map();
  const input = `${oids.join('\n')}\n`;
  const { stdoutBytes } = await git(['cat-file', '--batch'], { gitDir: repository.gitDir, input, signal });
  return parseBatch(stdoutBytes);
}
