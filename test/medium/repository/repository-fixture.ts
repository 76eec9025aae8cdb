import { tenantContext, type TenantContext } from '@coorchat/kernel';
import { SCOPES } from '@coorchat/contracts';
import { BlobRefs } from '../../../src/repository/blob-refs.store.js';
import { BranchPusher } from '../../../src/repository/branch-pusher.service.js';
import { BundleBlobs } from '../../../src/repository/bundle-blobs.service.js';
import { BaseShelf, Delivery, Quarantine, Repositories, RepositoryBases } from '../../../src/repository/index.js';
import { QuarantineFolder } from '../../../src/repository/quarantine-folder.js';
import { RemoteBases } from '../../../src/repository/remote-bases.service.js';
import { Remotes } from '../../../src/repository/remotes.service.js';
import { RepositoryStore } from '../../../src/repository/repository.store.js';
import type { BlobStore } from '../../../src/platform/blob/index.js';
import type { AppConfig } from '../../../src/platform/config/index.js';
import type { UnitOfWork } from '../../../src/platform/db/index.js';
import { FeedSignal, Outbox } from '../../../src/platform/outbox/index.js';

export function memberOf(orgId: string): TenantContext {
  return tenantContext({
    orgId,
    actor: { kind: 'api_key', id: 'key_test' },
    scopes: new Set(SCOPES),
    requestId: 'req_test',
  });
}

export interface RoomParts {
  readonly config: AppConfig;
  readonly blobs: BlobStore;
  readonly uow: UnitOfWork;
}

/** The room put together by hand, as its module does. */
export function room({ config, blobs: blobStore, uow }: RoomParts) {
  const blobs = new BundleBlobs(blobStore, config);
  const store = new RepositoryStore();
  const bases = new RepositoryBases();
  const refs = new BlobRefs();
  const folder = new QuarantineFolder(config);
  const shelf = new BaseShelf(folder, blobs, config);
  const quarantine = new Quarantine(folder, shelf, blobs, config);
  const remotes = new Remotes(config);
  const pusher = new BranchPusher(remotes);
  const known = new RemoteBases(remotes);
  const delivery = new Delivery(uow, store, bases, refs, blobs, folder, shelf, quarantine, known, pusher, config);
  const repositories = new Repositories(uow, store, new Outbox(new FeedSignal()), config);
  return { store, bases, refs, shelf, quarantine, delivery, repositories };
}
