import { Module } from '@nestjs/common';
import { TaskModule } from '../../orchestration/task/index.js';
import { HttpModule } from '../../platform/http/index.js';
import { A2aRoutes } from './json-rpc.routes.js';

@Module({ imports: [HttpModule, TaskModule], providers: [A2aRoutes] })
export class A2aModule {}
