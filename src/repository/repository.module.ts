import { Module } from '@nestjs/common';
import { BaseShelf } from './base-shelf.service.js';
import { BlobRefs } from './blob-refs.store.js';
import { BlobUploads } from './blob-uploads.store.js';
import { BranchPusher } from './branch-pusher.service.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { Delivery } from './delivery.service.js';
import { QuarantineFolder } from './quarantine-folder.js';
import { Quarantine } from './quarantine.service.js';
import { RemoteBases } from './remote-bases.service.js';
import { Remotes } from './remotes.service.js';
import { Repositories } from './repositories.service.js';
import { RepositoryBases } from './repository-bases.store.js';
import { RepositoryStore } from './repository.store.js';

const doors = [BaseShelf, BlobRefs, BlobUploads, Delivery, Quarantine, Repositories, RepositoryBases];

@Module({
  providers: [...doors, BranchPusher, BundleBlobs, QuarantineFolder, RemoteBases, Remotes, RepositoryStore],
  exports: doors,
})
export class RepositoryModule {}
