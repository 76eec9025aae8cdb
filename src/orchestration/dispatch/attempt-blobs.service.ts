import { Injectable } from '@nestjs/common';
import { AttemptTokens, bearerOf } from '../../identity/index.js';
import {
  type AppendOutcome,
  type BlobContent,
  type BlobStat,
  BlobStore,
  type ByteRange,
  type ByteSource,
} from '../../platform/blob/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { BlobRefs, BlobUploads } from '../../repository/index.js';
import type { IncomingHttpHeaders } from 'node:http';
import { AttemptReader, Readings } from '../task/index.js';
import { dispatchErrors } from './dispatch.errors.js';

/** An attempt that is alive, as its token says. */
export interface AttemptCaller {
  readonly orgId: string;
  readonly attemptId: string;
  readonly workerId: string;
  readonly workRequestId: string;
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
    private readonly readings: Readings,
    private readonly refs: BlobRefs,
    private readonly uploads: BlobUploads,
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
    if (live === undefined || live.fence !== fence) throw dispatchErrors.attemptEnded();
    return { orgId, attemptId, workerId: live.workerId, workRequestId: live.workRequestId };
  }

  /** Size of a whole blob, or how much of an upload is here. Who knows the digest knows the content. */
  async state({ orgId }: AttemptCaller, digest: string): Promise<{ bytes: number } | { offset: number }> {
    const known = await this.uow.tenantRead({ orgId }, (tx) => this.refs.find(tx, digest));
    if (known && (await this.blobs.stat({ orgId, digest }))) return { bytes: known.bytes };
    return { offset: await this.blobs.uploadOffset({ orgId, digest }) };
  }

  /** @throws AppError `dispatch.blob_not_found` for blobs that are none of the attempt's business */
  async read(caller: AttemptCaller, digest: string, range: ByteRange | undefined): Promise<BlobContent> {
    const { orgId, attemptId, workerId, workRequestId } = caller;
    const readable = await this.uow.tenantRead({ orgId }, (tx) => this.attempts.readableBlobs(tx, attemptId));
    if (!readable.has(digest)) throw dispatchErrors.blobNotFound();
    const authentication = { method: 'attempt', credentialId: attemptId } as const;
    const by = { orgId, actor: { kind: 'worker', id: workerId }, requestId: '', authentication } as const;
    await this.readings.note(by, { subject: workRequestId, kind: 'bundle', digest, workRequestId });
    return this.blobs.get({ orgId, digest }, range);
  }

  /** @throws AppError `dispatch.blob_quota_reached`, and what the store throws */
  async append({ orgId }: AttemptCaller, part: UploadPart): Promise<AppendOutcome> {
    await this.#reserve(orgId, part);
    const outcome = await this.blobs.append({ orgId, ...part }).catch(async (error: unknown) => {
      await this.#interrupted(orgId, part.digest);
      throw error;
    });
    if (outcome.status === 'partial') await this.uow.tenant({ orgId }, (tx) => this.uploads.touch(tx, part.digest));
    else await this.#keep(orgId, outcome.blob);
    return outcome;
  }

  async #reserve(orgId: string, { digest, totalBytes }: UploadPart): Promise<void> {
    const quotaBytes = this.config.limits.orgBlobQuotaBytes;
    const fits = await this.uow.tenant({ orgId }, (tx) =>
      this.uploads.reserve(tx, { digest, bytes: totalBytes, quotaBytes }),
    );
    if (!fits) throw dispatchErrors.quotaReached(quotaBytes);
  }

  #keep(orgId: string, { digest, bytes }: BlobStat): Promise<void> {
    return this.uow.tenant({ orgId }, async (tx) => {
      await this.refs.record(tx, { digest, bytes, mediaType: MEDIA_TYPE });
      await this.uploads.release(tx, digest);
    });
  }

  /** What arrived is kept for the next try, and its room with it. */
  async #interrupted(orgId: string, digest: string): Promise<void> {
    const kept = await this.blobs.uploadOffset({ orgId, digest });
    await this.uow.tenant({ orgId }, (tx) =>
      kept > 0 ? this.uploads.touch(tx, digest) : this.uploads.release(tx, digest),
    );
  }
}
