import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { httpErrors } from './http.errors.js';
import { isKnown, wantedRange, type WantedRange } from './range.rules.js';

export interface Download {
  readonly fileName: string;
  readonly mediaType: string;
  /** Names the content: the same digest, the same bytes. */
  readonly digest: string;
  readonly bytes: number;
  readonly open: (range?: WantedRange) => Promise<Readable>;
}

/** Names come from plans: only what every file system and header takes remains. */
function safeName(fileName: string): string {
  const plain = fileName.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[.]+/, '');
  return plain === '' ? 'download' : plain.slice(-150);
}

/** A file to save, never to show: in parts where the caller asks for one, not at all where it has it. */
export async function sendDownload(request: FastifyRequest, reply: FastifyReply, download: Download): Promise<void> {
  const { bytes, digest, mediaType, fileName } = download;
  const etag = `"${digest}"`;
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'content-disposition': `attachment; filename="${safeName(fileName)}"`,
  });
  if (isKnown(request.headers['if-none-match'], etag)) return void (await reply.status(304).send());
  const range = wantedRange(request.headers, { bytes, etag });
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${bytes}`).removeHeader('content-disposition');
    throw httpErrors.rangeNotSatisfiable(bytes);
  }
  const isWhole = range === 'whole';
  reply
    .status(isWhole ? 200 : 206)
    .header('content-type', mediaType)
    .header('content-length', isWhole ? bytes : range.end - range.start + 1);
  if (!isWhole) reply.header('content-range', `bytes ${range.start}-${range.end}/${bytes}`);
  // Fastify answers HEAD by the headers of GET; of an empty payload that is no stream it would measure the length.
  const isHead = request.method === 'HEAD';
  await reply.send(isHead ? Readable.from([]) : await download.open(isWhole ? undefined : range));
}
