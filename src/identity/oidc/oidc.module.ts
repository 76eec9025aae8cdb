import { Module, type OnModuleInit } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { AccountStore } from '../accounts/account.store.js';
import { AllowedPrograms } from './allowed-programs.service.js';
import { AuthorizationServer } from './authorization-server.js';
import { ClientRegistrations } from './client-registrations.service.js';
import { GrantMaking } from './grant-making.service.js';
import { GrantsModule } from './grants.module.js';
import { Interactions } from './interactions.port.js';
import { OauthClientStore } from './oauth-client.store.js';
import { OauthClients } from './oauth-clients.service.js';
import { OidcInteractions } from './oidc-interactions.service.js';
import { OidcRoutes } from './oidc.routes.js';
import { OidcSweeper } from './oidc.sweeper.js';
import { PendingDevices } from './pending-devices.service.js';
import { PersonTokens } from './person-tokens.service.js';
import { ProviderNews } from './provider-news.js';
import { SignedTokens } from './signed-tokens.service.js';
import { SigningKeyStore } from './signing-key.store.js';
import { SigningKeys } from './signing-keys.service.js';
import { TokenHandles } from './token-handles.service.js';
import { TokenNews } from './token-news.js';

/** The keys that sign, for whoever signs or verifies. */
@Module({ providers: [SigningKeys, SigningKeyStore], exports: [SigningKeys] })
export class SigningKeysModule {}

/** Clients and grants: what rooms above and pages need. */
@Module({
  imports: [TenancyModule, SigningKeysModule, GrantsModule],
  providers: [
    AccountStore,
    AllowedPrograms,
    AuthorizationServer,
    ClientRegistrations,
    GrantMaking,
    OauthClients,
    OauthClientStore,
    PendingDevices,
    PersonTokens,
    ProviderNews,
    SignedTokens,
    TokenHandles,
    TokenNews,
    { provide: Interactions, useClass: OidcInteractions },
  ],
  exports: [
    AllowedPrograms,
    GrantsModule,
    AuthorizationServer,
    ClientRegistrations,
    Interactions,
    OauthClients,
    TokenHandles,
    TokenNews,
  ],
})
export class OauthModule {}

/** The endpoints, for processes that serve them. */
@Module({ imports: [OauthModule, SigningKeysModule], providers: [OidcRoutes] })
export class OidcServerModule implements OnModuleInit {
  constructor(private readonly routes: OidcRoutes) {}

  onModuleInit(): void {
    this.routes.mount();
  }
}

/** The sweeper, for the process that runs jobs. */
@Module({ imports: [SigningKeysModule, GrantsModule], providers: [OidcSweeper] })
export class OidcJobsModule {}
