import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditRetention } from './audit-retention.sweeper.js';
import { AuditReader } from './audit.service.js';
import { AuditStore } from './audit.store.js';
import { AuditTrail } from './audit-trail.subscriber.js';
import { PlatformNews } from './platform-news.service.js';

/** REST, where requests are served. */
@Module({ controllers: [AuditController], providers: [AuditStore, AuditReader] })
export class AuditApiModule {}

/** The feed's subscriber and the sweeper, where jobs run. */
@Module({ providers: [AuditStore, AuditTrail, AuditRetention] })
export class AuditJobsModule {}

/** In every process. */
@Module({ providers: [PlatformNews] })
export class AuditModule {}
