import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ByteRange, ByteSource } from '../../platform/blob/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { publicConfig, RawRoutes } from '../../platform/http/index.js';
import { AttemptBlobs } from './attempt-blobs.service.js';
import { dispatchErrors } from './dispatch.errors.js';

const URL = '/attempt-api/blobs/:digest';
const OCTETS = 'application/octet-stream';
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ACCESS = publicConfig('authenticated by the token of the attempt');

function digestOf(request: FastifyRequest): string {
  const { digest } = request.params as { digest: string };
  if (!DIGEST.test(digest)) throw dispatchErrors.badUpload('A blob is named sha256:<64 hexadecimal digits>.');
  return digest;
}

function countOf(request: FastifyRequest, header: string): number {
  const value = request.headers[header];
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) {
    throw dispatchErrors.badUpload(`The header ${header} must be a number of bytes.`);
  }
  return Number(value);
}

function rangeOf(request: FastifyRequest): ByteRange | undefined {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(request.headers.range ?? '');
  if (!match) return undefined;
  return { start: Number(match[1]), ...(match[2] ? { end: Number(match[2]) } : {}) };
}

/** Resumable upload and download of an attempt's blobs: by offset up, by range down. */
@Injectable()
export class AttemptBlobRoutes implements OnModuleInit {
  constructor(
    private readonly routes: RawRoutes,
    private readonly blobs: AttemptBlobs,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.routes.plugin((scope) => {
      this.#addTo(scope);
      return Promise.resolve();
    });
  }

  #addTo(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(OCTETS, (_request, payload, done) => done(null, payload));
    const bodyLimit = this.config.limits.blobMaxBytes;
    const options = { url: URL, config: ACCESS, exposeHeadRoute: false };
    scope.route({ ...options, method: 'HEAD', handler: (request, reply) => this.#head(request, reply) });
    scope.route({ ...options, method: 'GET', handler: (request, reply) => this.#get(request, reply) });
    scope.route({ ...options, method: 'PATCH', bodyLimit, handler: (request, reply) => this.#patch(request, reply) });
  }

  async #head(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await this.blobs.authenticate(request.headers);
    const state = await this.blobs.state(caller, digestOf(request));
    if ('bytes' in state) return reply.header('content-length', state.bytes).send();
    return reply
      .status(state.offset > 0 ? 200 : 404)
      .header('upload-offset', state.offset)
      .send();
  }

  async #get(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await this.blobs.authenticate(request.headers);
    const range = rangeOf(request);
    const { stream, bytes, start, end } = await this.blobs.read(caller, digestOf(request), range);
    reply.header('content-type', OCTETS).header('content-length', end - start + 1);
    if (range) reply.status(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
    return reply.send(stream);
  }

  async #patch(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await this.blobs.authenticate(request.headers);
    const outcome = await this.blobs.append(caller, {
      digest: digestOf(request),
      offset: countOf(request, 'upload-offset'),
      totalBytes: countOf(request, 'upload-length'),
      source: request.body as ByteSource,
    });
    if (outcome.status === 'complete') return reply.status(201).header('upload-offset', outcome.blob.bytes).send();
    return reply.status(204).header('upload-offset', outcome.offset).send();
  }
}
