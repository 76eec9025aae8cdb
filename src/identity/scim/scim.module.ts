import { Module, type OnModuleInit } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/index.js';
import { AccountsModule } from '../accounts/accounts.module.js';
import { SsoConnectionStore } from '../sso/sso-connection.store.js';
import { SsoDomainStore } from '../sso/sso-domain.store.js';
import { SsoSessions } from '../sso/sso-sessions.service.js';
import { ScimGroupStore } from './scim-group.store.js';
import { ScimGroups } from './scim-groups.service.js';
import { ScimMembership } from './scim-membership.service.js';
import { ScimTokenStore } from './scim-token.store.js';
import { ScimTokens } from './scim-tokens.service.js';
import { ScimUserStore } from './scim-user.store.js';
import { ScimUsers } from './scim-users.service.js';
import { ScimController } from './scim.controller.js';
import { ScimRoutes } from './scim.routes.js';

const stores = [ScimGroupStore, ScimTokenStore, ScimUserStore, SsoConnectionStore, SsoDomainStore];

/** Members by the word of an organization's directory. */
@Module({
  imports: [TenancyModule, AccountsModule],
  controllers: [ScimController],
  providers: [...stores, ScimGroups, ScimMembership, ScimTokens, ScimUsers, ScimRoutes, SsoSessions],
})
export class ScimModule implements OnModuleInit {
  constructor(private readonly routes: ScimRoutes) {}

  onModuleInit(): void {
    this.routes.mount();
  }
}
