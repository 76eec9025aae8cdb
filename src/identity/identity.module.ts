import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/index.js';
import { AccessModule } from './access/access.module.js';
import { ApiKeyStore } from './api-key.store.js';
import { ApiKeys } from './api-keys.service.js';
import { AttemptTokens } from './attempt-tokens.service.js';
import { BootstrapKey } from './bootstrap-key.service.js';
import { CredentialAuthenticator } from './credential-authenticator.js';
import { EnrolmentTokenStore } from './enrolment-token.store.js';
import { EnrolmentTokens } from './enrolment-tokens.service.js';
import { KeyLookup } from './key-lookup.service.js';
import { MemberKeys } from './member-keys.service.js';

const doors = [ApiKeys, AttemptTokens, BootstrapKey, CredentialAuthenticator, EnrolmentTokens, MemberKeys];

@Module({
  imports: [TenancyModule, AccessModule],
  providers: [...doors, KeyLookup, ApiKeyStore, EnrolmentTokenStore],
  exports: [...doors, AccessModule],
})
export class IdentityModule {}
