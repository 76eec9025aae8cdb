export { type BlobRef, BlobRefs } from './blob-refs.store.js';
export { type Delivered, Delivery, type DeliveryOrder } from './delivery.service.js';
export { type IncomingCommits, type Inspection, Quarantine } from './quarantine.service.js';
export { type EnsuredRepository, Repositories } from './repositories.service.js';
export { RepositoryApiModule } from './repository-api.module.js';
export { type PreparedBase, type RepositoryBase, RepositoryBases } from './repository-bases.store.js';
export { RepositoryModule } from './repository.module.js';
export { RepositoryJobsModule } from './upload.sweeper.js';
