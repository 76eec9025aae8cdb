import { Module } from '@nestjs/common';
import { IdentityModule } from '../../identity/index.js';
import { DispatchModule } from '../../orchestration/dispatch/index.js';
import { HttpModule } from '../../platform/http/index.js';
import { RegistryModule } from '../../registry/index.js';
import { TunnelAccess } from './tunnel-access.service.js';
import { TunnelGateway } from './tunnel-gateway.service.js';

@Module({
  imports: [HttpModule, IdentityModule, RegistryModule, DispatchModule],
  providers: [TunnelAccess, TunnelGateway],
})
export class TunnelModule {}
