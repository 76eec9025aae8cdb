import { createHash, type Hash } from 'node:crypto';
import { AppError } from '@coorchat/kernel';
import { badDigest, badRange, tooLarge } from './blob.errors.js';
import type { BlobAddress, ByteRange, ByteSource } from './blob-store.port.js';

const DIGEST = /^sha256:([0-9a-f]{64})$/;
const ORGANIZATION = /^[a-z0-9_]{1,80}$/;

/** Organization and hexadecimal digits, safe as parts of a path. @throws AppError `blob.bad_digest` */
export function keyParts(address: BlobAddress): { orgId: string; hex: string } {
  const hex = DIGEST.exec(address.digest)?.[1];
  if (hex === undefined) throw badDigest();
  return { orgId: checkedOrganization(address.orgId), hex };
}

export function checkedOrganization(orgId: string): string {
  if (ORGANIZATION.test(orgId)) return orgId;
  throw new AppError({ code: 'blob.bad_organization', kind: 'internal', message: 'This is no organization id.' });
}

export function digestText(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

export function newHash(): Hash {
  return createHash('sha256');
}

/** Passes bytes on, feeds the hash, and stops at the limit. */
export async function* limited(source: ByteSource, maxBytes: number, hash?: Hash): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    hash?.update(chunk);
    yield chunk;
  }
}

/** @throws AppError `blob.bad_range` */
export function resolveRange(bytes: number, range: ByteRange | undefined): { start: number; end: number } {
  if (!range) return { start: 0, end: bytes - 1 };
  const end = Math.min(range.end ?? bytes - 1, bytes - 1);
  if (!Number.isInteger(range.start) || range.start < 0 || range.start > end) throw badRange(bytes);
  return { start: range.start, end };
}
