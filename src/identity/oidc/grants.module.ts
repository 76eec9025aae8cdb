import { Module } from '@nestjs/common';
import { GrantEnding } from './grant-ending.service.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import { OidcRecordStore } from './oidc-record.store.js';

/** What people let clients do, for whoever ends it. */
@Module({
  providers: [GrantEnding, OauthGrantStore, OidcRecordStore],
  exports: [GrantEnding, OauthGrantStore, OidcRecordStore],
})
export class GrantsModule {}
