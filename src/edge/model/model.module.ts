import { Module } from '@nestjs/common';
import { IdentityModule } from '../../identity/index.js';
import { TaskModule } from '../../orchestration/task/index.js';
import { HttpModule } from '../../platform/http/index.js';
import { ModelRelay } from './model-relay.service.js';
import { ModelRoutes } from './model.routes.js';

@Module({ imports: [HttpModule, IdentityModule, TaskModule], providers: [ModelRelay, ModelRoutes] })
export class ModelModule {}
