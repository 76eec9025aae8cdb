import { Module } from '@nestjs/common';
import { IdentityModule, WorkerIdentityModule } from '../identity/index.js';
import { TenancyModule } from '../tenancy/index.js';
import { PoolRoster } from './pool-roster.service.js';
import { PoolRosterStore } from './pool-roster.store.js';
import { RegistryNews } from './registry-news.js';
import { WorkerCounts } from './worker-counts.store.js';
import { WorkerDirectory } from './worker-directory.service.js';
import { WorkerEndpointStore } from './worker-endpoint.store.js';
import { WorkerEndpoints } from './worker-endpoints.service.js';
import { WorkerEnrolment } from './worker-enrolment.service.js';
import { WorkerMetrics } from './worker-metrics.subscriber.js';
import { WorkerSessionStore } from './worker-session.store.js';
import { WorkerSessions } from './worker-sessions.service.js';
import { WorkerSteering } from './worker-steering.service.js';
import { WorkerStore } from './worker.store.js';

const doors = [
  PoolRoster,
  WorkerCounts,
  WorkerDirectory,
  WorkerEndpoints,
  WorkerEnrolment,
  WorkerMetrics,
  WorkerSessions,
  WorkerSteering,
];

@Module({
  imports: [TenancyModule, IdentityModule, WorkerIdentityModule],
  providers: [...doors, PoolRosterStore, RegistryNews, WorkerEndpointStore, WorkerSessionStore, WorkerStore],
  exports: doors,
})
export class RegistryModule {}
