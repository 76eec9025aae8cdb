export { type HeardRevocation, type Revocation, type RevocationKind, type RevocationListener } from './revocation.js';
export { RevocationModule } from './revocation.module.js';
export { RevocationStore } from './revocation.store.js';
export { RevocationWatch } from './revocation-watch.js';
export { Revocations } from './revocations.js';
