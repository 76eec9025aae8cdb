import { Module } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { IdentityModule } from '../identity.module.js';
import { OauthModule } from '../oidc/oidc.module.js';
import { WorkerIdentities } from './worker-identities.service.js';

@Module({
  imports: [IdentityModule, OauthModule, TenancyModule],
  providers: [WorkerIdentities],
  exports: [WorkerIdentities],
})
export class WorkerIdentityModule {}
