import type { Readable } from 'node:stream';
import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { BlobStore } from '../../platform/blob/index.js';
import { noResultBundle, resultNotReady } from './task.errors.js';
import { WorkService } from './work.service.js';

export interface ResultBundle {
  readonly fileName: string;
  readonly bytes: number;
  readonly stream: Readable;
}

/** The delivered commits as a file: `git fetch <file> <branch>`. */
@Injectable()
export class WorkResults {
  constructor(
    @Inject(WorkService) private readonly works: WorkService,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  /** @throws AppError `task.result_not_ready`, `task.no_result_bundle` */
  async bundle(ctx: TenantContext, workRequestId: string): Promise<ResultBundle> {
    const { status, result } = await this.works.get(ctx, workRequestId);
    if (status !== 'completed') throw resultNotReady(status);
    if (result === null) throw noResultBundle();
    const { bytes, stream } = await this.blobs.get({ orgId: ctx.orgId, digest: result.bundleDigest });
    return { fileName: `coorchat-${workRequestId}.bundle`, bytes, stream };
  }
}
