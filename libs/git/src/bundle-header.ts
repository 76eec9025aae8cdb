import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { GitError } from './git.errors.js';

export type ObjectFormat = 'sha1' | 'sha256';

export interface BundleHeader {
  readonly version: 2 | 3;
  readonly objectFormat: ObjectFormat;
  /** Commits that the receiver must have. */
  readonly prerequisites: readonly string[];
  readonly refs: readonly { readonly name: string; readonly oid: string }[];
  /** Where the pack starts in the file. */
  readonly packOffset: number;
}

export const OID_LENGTH: Record<ObjectFormat, number> = { sha1: 40, sha256: 64 };
const MAX_HEADER_BYTES = 256 * 1024;
const SIGNATURE = /^# v([23]) git bundle$/;

function malformed(problem: string): GitError {
  return new GitError({ code: 'git.bundle_malformed', message: `The bundle's header ${problem}` });
}

function formatOf(capabilities: readonly string[]): ObjectFormat {
  let format: ObjectFormat = 'sha1';
  for (const capability of capabilities) {
    if (capability === '@object-format=sha1') format = 'sha1';
    else if (capability === '@object-format=sha256') format = 'sha256';
    // A filter would make the bundle incomplete; anything else is not ours to guess.
    else throw malformed(`asks for an unknown capability (${JSON.stringify(capability.slice(0, 100))})`);
  }
  return format;
}

function parseLines(lines: readonly string[], packOffset: number): BundleHeader {
  const version = SIGNATURE.exec(lines[0] ?? '')?.[1];
  if (version === undefined) throw malformed('is not one of a git bundle');
  const rest = lines.slice(1);
  const capabilities = version === '3' ? rest.filter((line) => line.startsWith('@')) : [];
  const objectFormat = formatOf(capabilities);
  const entry = new RegExp(`^(-?)([0-9a-f]{${OID_LENGTH[objectFormat]}})(?: (.*))?$`);
  const prerequisites: string[] = [];
  const refs: { name: string; oid: string }[] = [];
  for (const line of rest.slice(capabilities.length)) {
    const [, minus, oid, name] = entry.exec(line) ?? [];
    if (oid === undefined) throw malformed(`has a line that is no reference (${JSON.stringify(line.slice(0, 100))})`);
    if (minus === '-') prerequisites.push(oid);
    else if (name !== undefined && name !== '') refs.push({ name, oid });
    else throw malformed('names no reference');
  }
  return { version: version === '3' ? 3 : 2, objectFormat, prerequisites, refs, packOffset };
}

/** Parses the start of a bundle (formats 2 and 3). Throws `git.bundle_malformed`. */
export function parseBundleHeader(start: Buffer): BundleHeader {
  const end = start.indexOf('\n\n');
  if (end < 0) throw malformed('does not end');
  return parseLines(start.subarray(0, end).toString('utf8').split('\n'), end + 2);
}

/** Opens a bundle that a hostile task may have put there: a regular file, not a link, of a bounded size. */
export async function readBundleHeader(path: string, maxBytes: number): Promise<BundleHeader & { bytes: number }> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw malformed('is not in a regular file');
    if (stat.size > maxBytes) {
      throw new GitError({
        code: 'git.bundle_too_large',
        message: `The bundle has ${stat.size} bytes; ${maxBytes} are allowed`,
      });
    }
    const buffer = Buffer.alloc(Math.min(stat.size, MAX_HEADER_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { ...parseBundleHeader(buffer.subarray(0, bytesRead)), bytes: stat.size };
  } finally {
    await file.close();
  }
}
