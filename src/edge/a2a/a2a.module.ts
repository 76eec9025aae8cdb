import { Module } from '@nestjs/common';
import { SigningKeysModule } from '../../identity/index.js';
import { TaskModule } from '../../orchestration/task/index.js';
import { HttpModule } from '../../platform/http/index.js';
import { RegistryModule } from '../../registry/index.js';
import { TenancyModule } from '../../tenancy/index.js';
import { ClusterCards } from './cluster-cards.service.js';
import { A2aRoutes } from './json-rpc.routes.js';

@Module({
  imports: [HttpModule, RegistryModule, SigningKeysModule, TaskModule, TenancyModule],
  providers: [A2aRoutes, ClusterCards],
})
export class A2aModule {}
