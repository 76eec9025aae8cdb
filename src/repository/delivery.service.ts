import { join } from 'node:path';
import type { WorkResult } from '@coorchat/contracts';
import {
  branchRef,
  createBundle,
  hasCommit,
  inspectChanges,
  readBundleHeader,
  type Repository,
  updateRef,
} from '@coorchat/git';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { BlobRefs } from './blob-refs.store.js';
import { BranchPusher } from './branch-pusher.service.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { QuarantineFolder } from './quarantine-folder.js';
import { Quarantine } from './quarantine.service.js';
import { type RepositoryBase, RepositoryBases } from './repository-bases.store.js';
import { repositoryErrors } from './repository.errors.js';
import { type RepositoryRow, RepositoryStore } from './repository.store.js';

export interface DeliveryOrder {
  readonly ctx: TenantContext;
  readonly repository: { readonly id: string };
  readonly base: string;
  readonly head: string;
  /** The accepted bundle of the integrating task. */
  readonly bundleDigest: string;
  /** `coorchat/<work request id>` */
  readonly branch: string;
}

export interface Delivered extends WorkResult {
  /** Same as `bundleDigest`: base..head under the delivered branch. */
  readonly resultBundleDigest: string;
  readonly resultBundleBytes: number;
}

const MEDIA_TYPE = 'application/x-git-bundle';
const TIMEOUT_MS = 600_000;

interface Known {
  readonly repository: RepositoryRow;
  readonly base: RepositoryBase;
}

/** Hands a result over: as a bundle to download, and as a branch where the repository says so. */
@Injectable()
export class Delivery {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: RepositoryStore,
    private readonly bases: RepositoryBases,
    private readonly refs: BlobRefs,
    private readonly blobs: BundleBlobs,
    private readonly folder: QuarantineFolder,
    private readonly quarantine: Quarantine,
    private readonly pusher: BranchPusher,
    private readonly config: AppConfig,
  ) {}

  /** Harmless when repeated. @throws AppError `repository.…` */
  async deliver(order: DeliveryOrder): Promise<Delivered> {
    if (order.base === order.head) throw repositoryErrors.nothingToDeliver();
    const known = await this.load(order);
    const key = { orgId: order.ctx.orgId, repositoryId: order.repository.id, objectFormat: known.base.objectFormat };
    if (!(await this.folder.use(key, (repository) => hasCommit(repository, order.head))))
      await this.rebuild(order, known);
    return this.folder.use(key, (repository, scratch) => this.handOver(order, known, repository, scratch));
  }

  private load({ ctx, repository, base }: DeliveryOrder): Promise<Known> {
    return this.uow.tenantRead(ctx, async (tx) => {
      const row = await this.store.find(tx, tx.orgId, repository.id);
      const found = await this.bases.find(tx, { repositoryId: repository.id, commit: base });
      if (!row || !found) throw repositoryErrors.notFound(repository.id);
      return { repository: row, base: found };
    });
  }

  /** The quarantine is gone or of another machine: the accepted bundle is looked at once more. */
  private async rebuild(order: DeliveryOrder, { base }: Known): Promise<void> {
    const { orgId } = order.ctx;
    const key = { orgId, repositoryId: order.repository.id, objectFormat: base.objectFormat };
    const ref = await this.folder.use(key, async (_repository, scratch) => {
      const path = join(scratch, 'task.bundle');
      if (!(await this.blobs.download(orgId, order.bundleDigest, path))) {
        throw repositoryErrors.blobMissing(order.bundleDigest);
      }
      return (await readBundleHeader(path, this.config.limits.bundleMaxBytes)).refs[0]?.name ?? '';
    });
    const inspection = await this.quarantine.inspect({
      ...key,
      ref,
      base: order.base,
      head: order.head,
      bundleDigest: order.bundleDigest,
      baseBundleDigest: base.bundleDigest,
      upstreams: [],
    });
    if (!inspection.accepted) throw repositoryErrors.resultRefused(inspection);
  }

  private async handOver(
    order: DeliveryOrder,
    known: Known,
    repository: Repository,
    scratch: string,
  ): Promise<Delivered> {
    const { ctx, base, head, branch } = order;
    const ref = branchRef(branch);
    const path = join(scratch, 'result.bundle');
    await updateRef(repository, ref, head);
    await createBundle(repository, { path, ref, excludes: [base], timeoutMs: TIMEOUT_MS });
    const { digest, bytes } = await this.blobs.upload(ctx.orgId, path);
    await this.uow.tenant(ctx, (tx) => this.refs.record(tx, { digest, bytes, mediaType: MEDIA_TYPE }));
    const { filesChanged, flags } = await inspectChanges(repository, { base, head });
    const { delivery, pushUrl, fetchUrl } = known.repository;
    const push = { url: pushUrl ?? fetchUrl, head, ref };
    const pushedTo = delivery === 'push' ? await this.pusher.push(repository, push) : null;
    const result = { base, head, branch, bundleDigest: digest, filesChanged, flags, pushedTo };
    return { ...result, resultBundleDigest: digest, resultBundleBytes: bytes };
  }
}
