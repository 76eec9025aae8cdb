import { Module } from '@nestjs/common';
import { IdentityModule } from '../../identity/index.js';
import { RepositoryModule } from '../../repository/index.js';
import { TaskModule } from '../task/index.js';
import { AttemptBlobRoutes } from './attempt-blobs.routes.js';
import { AttemptBlobs } from './attempt-blobs.service.js';
import { BaseInspector } from './base-inspector.service.js';
import { DispatchLifecycle } from './dispatch-lifecycle.service.js';
import { DispatchSessions } from './dispatch-sessions.service.js';
import { PartedWorkers } from './parted-workers.service.js';
import { LeaseKeeper } from './lease-keeper.service.js';
import { ResultInspector } from './result-inspector.service.js';
import { SendLoop } from './send-loop.service.js';

@Module({
  imports: [IdentityModule, RepositoryModule, TaskModule],
  providers: [
    AttemptBlobs,
    AttemptBlobRoutes,
    DispatchSessions,
    BaseInspector,
    ResultInspector,
    SendLoop,
    LeaseKeeper,
    PartedWorkers,
    DispatchLifecycle,
  ],
  exports: [DispatchSessions],
})
export class DispatchModule {}
