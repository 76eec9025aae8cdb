import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { BlobStore } from '../../platform/blob/index.js';
import type { Download } from '../../platform/http/index.js';
import { Readings } from './readings.service.js';
import { artifactGone, noResultBundle, resultNotReady } from './task.errors.js';
import { WorkService } from './work.service.js';

/** The delivered commits as a file: `git fetch <file> <branch>`. */
@Injectable()
export class WorkResults {
  constructor(
    @Inject(WorkService) private readonly works: WorkService,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Readings) private readonly readings: Readings,
  ) {}

  /** @throws AppError `task.result_not_ready`, `task.no_result_bundle`, `task.artifact_gone` */
  async bundle(ctx: TenantContext, workRequestId: string): Promise<Download> {
    const { status, result } = await this.works.get(ctx, workRequestId);
    if (status !== 'completed') throw resultNotReady(status);
    if (result === null) throw noResultBundle();
    const address = { orgId: ctx.orgId, digest: result.bundleDigest };
    const stored = await this.blobs.stat(address);
    if (!stored) throw artifactGone('the result');
    await this.readings.note(ctx, { subject: workRequestId, kind: 'result', digest: address.digest, workRequestId });
    const open: Download['open'] = async (range) => (await this.blobs.get(address, range)).stream;
    const fileName = `coorchat-${workRequestId}.bundle`;
    return { fileName, mediaType: 'application/x-git-bundle', digest: address.digest, bytes: stored.bytes, open };
  }
}
