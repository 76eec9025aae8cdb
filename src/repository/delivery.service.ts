import { join } from 'node:path';
import { repositoryAddress, type WorkResult } from '@coorchat/contracts';
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
import { BaseShelf, type WantedBase } from './base-shelf.service.js';
import { BlobRefs } from './blob-refs.store.js';
import { BranchPusher } from './branch-pusher.service.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { QuarantineFolder, type QuarantineKey } from './quarantine-folder.js';
import { Quarantine } from './quarantine.service.js';
import { RemoteBases, unknownIfUnreachable } from './remote-bases.service.js';
import { type RepositoryBase, RepositoryBases } from './repository-bases.store.js';
import { repositoryErrors } from './repository.errors.js';
import { type RepositoryRow, RepositoryStore } from './repository.store.js';

export interface DeliveryOrder {
  readonly ctx: TenantContext;
  readonly repository: { readonly id: string };
  readonly base: string;
  /** Branch, tag or commit as the submitter named it; null for the default branch. */
  readonly askedRef: string | null;
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

function wantedBase({ ctx, repository, base }: DeliveryOrder, known: Known): WantedBase {
  const { objectFormat, bundleDigest: baseBundleDigest } = known.base;
  return { orgId: ctx.orgId, repositoryId: repository.id, base, objectFormat, baseBundleDigest };
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
    private readonly shelf: BaseShelf,
    private readonly quarantine: Quarantine,
    private readonly remoteBases: RemoteBases,
    private readonly pusher: BranchPusher,
    private readonly config: AppConfig,
  ) {}

  /** Harmless when repeated. @throws AppError `repository.…` */
  async deliver(order: DeliveryOrder): Promise<Delivered> {
    if (order.base === order.head) throw repositoryErrors.nothingToDeliver();
    const known = await this.load(order);
    const key = (await this.holder(order, known)) ?? (await this.rebuild(order, known));
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

  /** The quarantine that holds the result. */
  private async holder(order: DeliveryOrder, known: Known): Promise<QuarantineKey | undefined> {
    const key = await this.shelf.find(wantedBase(order, known));
    const there = key && (await this.folder.has(key, (repository) => hasCommit(repository, order.head)));
    return there ? key : undefined;
  }

  /** The quarantine is gone or of another machine: the accepted bundle is looked at once more. */
  private async rebuild(order: DeliveryOrder, known: Known): Promise<QuarantineKey> {
    const { orgId } = order.ctx;
    const wanted = wantedBase(order, known);
    const ref = await this.folder.use({ ...wanted, extent: 'whole' }, async (_repository, scratch) => {
      const path = join(scratch, 'task.bundle');
      if (!(await this.blobs.download(orgId, order.bundleDigest, path))) {
        throw repositoryErrors.blobMissing(order.bundleDigest);
      }
      return (await readBundleHeader(path, this.config.limits.bundleMaxBytes)).refs[0]?.name ?? '';
    });
    const inspection = await this.quarantine.inspect({
      ...wanted,
      ref,
      head: order.head,
      bundleDigest: order.bundleDigest,
      upstreams: [],
    });
    if (!inspection.accepted) throw repositoryErrors.resultRefused(inspection);
    const key = await this.holder(order, known);
    if (!key) throw repositoryErrors.blobMissing(order.bundleDigest);
    return key;
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
    const pushedTo = known.repository.delivery === 'push' ? await this.push(order, known, repository, scratch) : null;
    const result = { base, head, branch, bundleDigest: digest, filesChanged, flags, pushedTo };
    return { ...result, resultBundleDigest: digest, resultBundleBytes: bytes };
  }

  /** Only onto a base that the remote knows: the machine that named it may have erred, or lied. */
  private async push(order: DeliveryOrder, known: Known, repository: Repository, scratch: string): Promise<string> {
    const { base, head, askedRef, branch } = order;
    const { fetchUrl, pushUrl } = known.repository;
    const url = pushUrl ?? fetchUrl;
    const question = { base, askedRef };
    const found =
      (await this.remoteBases.knows(repository, scratch, { ...question, url })) ||
      // A fork may be behind the repository that it was made of.
      (url !== fetchUrl &&
        (await this.remoteBases
          .knows(repository, scratch, { ...question, url: fetchUrl })
          .catch(unknownIfUnreachable)));
    if (!found) throw repositoryErrors.baseNotOnRemote(base, repositoryAddress(url).publicUrl);
    return this.pusher.push(repository, { url, head, ref: branchRef(branch) });
  }
}
