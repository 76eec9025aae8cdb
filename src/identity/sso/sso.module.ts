import { Module, type OnModuleInit } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { AccountStore } from '../accounts/account.store.js';
import { AccountsModule } from '../accounts/accounts.module.js';
import { OneTimeTokenStore } from '../accounts/one-time-token.store.js';
import { PageServer } from '../pages/page-server.js';
import { PageSite } from '../pages/page-site.js';
import { CompanyProviders } from './company-provider.service.js';
import { SingleSignOn } from './single-sign-on.service.js';
import { SsoArrivals } from './sso-arrival.service.js';
import { SsoConnectionStore } from './sso-connection.store.js';
import { SsoConnections } from './sso-connections.service.js';
import { SsoDomainStore } from './sso-domain.store.js';
import { SsoDomains } from './sso-domains.service.js';
import { SsoIdentityStore } from './sso-identity.store.js';
import { SsoSessions } from './sso-sessions.service.js';
import { SsoSignInPolicy } from './sso-sign-in-policy.js';
import { SsoSignedInStore } from './sso-signed-in.store.js';
import { SsoController } from './sso.controller.js';
import { SsoPages } from './sso.routes.js';
import { TxtRecords } from './txt-records.port.js';

/** Where people have to sign in, for the port of accounts. */
@Module({
  imports: [TenancyModule],
  providers: [SsoSignInPolicy, SsoConnectionStore, AccountStore],
  exports: [SsoSignInPolicy],
})
export class SsoPolicyModule {}

const stores = [OneTimeTokenStore, SsoConnectionStore, SsoDomainStore, SsoIdentityStore, SsoSignedInStore];
const parts = [CompanyProviders, SsoArrivals, SsoSessions, TxtRecords, SsoPages, PageServer, PageSite];

/** Sign-in with an organization's own identity provider: its administration and its pages. */
@Module({
  imports: [TenancyModule, AccountsModule],
  controllers: [SsoController],
  providers: [...stores, ...parts, SsoConnections, SsoDomains, SingleSignOn],
  exports: [SingleSignOn],
})
export class SsoApiModule implements OnModuleInit {
  constructor(
    private readonly server: PageServer,
    private readonly pages: SsoPages,
  ) {}

  onModuleInit(): void {
    this.server.mount(this.pages.routes());
  }
}
