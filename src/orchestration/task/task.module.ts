import { Module } from '@nestjs/common';
import { RepositoryModule } from '../../repository/index.js';
import { TenancyModule } from '../../tenancy/index.js';
import { AttemptLedger } from './attempt-ledger.store.js';
import { AttemptReader } from './attempt-reader.store.js';
import { LedgerNewsPublisher } from './ledger-news.port.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { OpenWorkQuota } from './open-work-quota.service.js';
import { OpenWork } from './open-work.store.js';
import { PlatformNews } from './platform-news.service.js';
import { Readings } from './readings.service.js';
import { RepositoryPins } from './repository-pins.service.js';
import { SchedulingLedger } from './scheduling-ledger.store.js';
import { WorkSubmission } from './submit.service.js';
import { WorkArtifacts } from './work-artifacts.service.js';
import { WorkDelivery } from './work-delivery.service.js';
import { WorkFollower } from './work-follower.service.js';
import { WorkPlans } from './work-plans.service.js';
import { WorkService } from './work.service.js';

const doors = [
  AttemptLedger,
  AttemptReader,
  OpenWork,
  Readings,
  SchedulingLedger,
  WorkService,
  WorkArtifacts,
  WorkPlans,
  WorkDelivery,
];

/** Needs `SpendingPort` and `SkillCatalog`, which `processes/` binds. */
@Module({
  imports: [TenancyModule, RepositoryModule],
  providers: [
    ...doors,
    LedgerWriter,
    OpenWorkQuota,
    RepositoryPins,
    WorkFollower,
    WorkSubmission,
    { provide: LedgerNewsPublisher, useClass: PlatformNews },
  ],
  exports: [...doors, LedgerWriter],
})
export class TaskModule {}
