export { type AuditRecord } from './audit-record.js';
export { AuditApiModule, AuditJobsModule, AuditModule } from './audit.module.js';
export { AuditRetentionChoice } from './audit-retention.service.js';
export { AuditRetentionStore } from './audit-retention.store.js';
export { AuditRetention } from './audit-retention.sweeper.js';
export { AuditStore } from './audit.store.js';
export { AuditTrail } from './audit-trail.subscriber.js';
export { auditRecordView } from './audit.view.js';
export { type Anchor, ChainCheck, type ChainReport } from './chain-check.service.js';
