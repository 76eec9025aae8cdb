import { Injectable } from '@nestjs/common';
import { AttemptTokens, bearerOf } from '../../identity/index.js';
import {
  type AppendOutcome,
  type BlobContent,
  BlobStore,
  type ByteRange,
  type ByteSource,
} from '../../platform/blob/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { BlobRefs } from '../../repository/index.js';
import type { IncomingHttpHeaders } from 'node:http';
import { AttemptReader } from '../task/index.js';
import { dispatchErrors } from './dispatch.errors.js';

/** An attempt that is alive, as its token says. */
export interface AttemptCaller {
  readonly orgId: string;
  readonly attemptId: string;
}

export interface UploadPart {
  readonly digest: string;
  readonly offset: number;
  readonly totalBytes: number;
  readonly source: ByteSource;
}

const MEDIA_TYPE = 'application/octet-stream';

/** Bundles and transcripts on their way between a worker and the control plane. */
@Injectable()
export class AttemptBlobs {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tokens: AttemptTokens,
    private readonly attempts: AttemptReader,
    private readonly refs: BlobRefs,
    private readonly blobs: BlobStore,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `dispatch.bad_attempt_token`, `dispatch.attempt_ended` */
  async authenticate(headers: IncomingHttpHeaders): Promise<AttemptCaller> {
    const bearer = bearerOf(headers);
    const claims = bearer === undefined ? undefined : this.tokens.verify(bearer);
    if (!claims) throw dispatchErrors.badToken();
    const { orgId, attemptId, fence } = claims;
    const live = await this.uow.tenantRead({ orgId }, (tx) => this.attempts.live(tx, attemptId));
    if (live?.fence !== fence) throw dispatchErrors.attemptEnded();
    return { orgId, attemptId };
  }

  /** Size of a whole blob, or how much of an upload is here. Who knows the digest knows the content. */
  async state({ orgId }: AttemptCaller, digest: string): Promise<{ bytes: number } | { offset: number }> {
    const known = await this.uow.tenantRead({ orgId }, (tx) => this.refs.find(tx, digest));
    if (known && (await this.blobs.stat({ orgId, digest }))) return { bytes: known.bytes };
    return { offset: await this.blobs.uploadOffset({ orgId, digest }) };
  }

  /** @throws AppError `dispatch.blob_not_found` for blobs that are none of the attempt's business */
  async read({ orgId, attemptId }: AttemptCaller, digest: string, range: ByteRange | undefined): Promise<BlobContent> {
    const readable = await this.uow.tenantRead({ orgId }, (tx) => this.attempts.readableBlobs(tx, attemptId));
    if (!readable.has(digest)) throw dispatchErrors.blobNotFound();
    return this.blobs.get({ orgId, digest }, range);
  }

  async append({ orgId }: AttemptCaller, part: UploadPart): Promise<AppendOutcome> {
    await this.#checkQuota(orgId, part.totalBytes);
    const outcome = await this.blobs.append({ orgId, ...part });
    if (outcome.status === 'complete') {
      const { digest, bytes } = outcome.blob;
      await this.uow.tenant({ orgId }, (tx) => this.refs.record(tx, { digest, bytes, mediaType: MEDIA_TYPE }));
    }
    return outcome;
  }

  async #checkQuota(orgId: string, totalBytes: number): Promise<void> {
    const kept = await this.uow.tenantRead({ orgId }, (tx) => this.refs.totalBytes(tx));
    const { orgBlobQuotaBytes } = this.config.limits;
    if (kept + totalBytes > orgBlobQuotaBytes) throw dispatchErrors.quotaReached(orgBlobQuotaBytes);
  }
}
