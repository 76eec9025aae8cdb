import { Module } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { SigningKeysModule } from '../oidc/oidc.module.js';
import { OidcRecordStore } from '../oidc/oidc-record.store.js';
import { AccessTokens } from './access-tokens.service.js';
import { DpopProofs } from './dpop-proofs.service.js';
import { GrantSigner } from './grant-signer.service.js';
import { MemberRoles } from './member-roles.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';

/** The resource server: in every process. */
@Module({
  imports: [TenancyModule, SigningKeysModule],
  providers: [AccessTokens, DpopProofs, GrantSigner, MemberRoles, OidcRecordStore, TokenAuthenticator],
  exports: [AccessTokens, GrantSigner, TokenAuthenticator],
})
export class AccessModule {}
