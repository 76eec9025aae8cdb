import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/index.js';
import { AuditController } from './audit.controller.js';
import { AuditRetentionChoice } from './audit-retention.service.js';
import { AuditRetentionStore } from './audit-retention.store.js';
import { AuditRetention } from './audit-retention.sweeper.js';
import { AuditReader } from './audit.service.js';
import { AuditStore } from './audit.store.js';
import { AuditTrail } from './audit-trail.subscriber.js';
import { PlatformNews } from './platform-news.service.js';

const retention = [AuditRetentionChoice, AuditRetentionStore];

/** REST, where requests are served. */
@Module({
  imports: [TenancyModule],
  controllers: [AuditController],
  providers: [...retention, AuditStore, AuditReader],
})
export class AuditApiModule {}

/** The feed's subscriber and the sweeper, where jobs run. */
@Module({ imports: [TenancyModule], providers: [...retention, AuditStore, AuditTrail, AuditRetention] })
export class AuditJobsModule {}

/** In every process. */
@Module({ providers: [PlatformNews] })
export class AuditModule {}
