import { Module } from '@nestjs/common';
import { DispatchModule } from '../../orchestration/dispatch/index.js';
import { HttpModule } from '../../platform/http/index.js';
import { RegistryModule } from '../../registry/index.js';
import { HttpsSessions } from './https-sessions.service.js';
import { HttpsWorkers } from './https-workers.service.js';

/** The road to workers that listen. */
@Module({ imports: [HttpModule, RegistryModule, DispatchModule], providers: [HttpsSessions, HttpsWorkers] })
export class HttpsWorkersModule {}
