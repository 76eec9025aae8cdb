import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { Members } from '../../tenancy/index.js';
import { AccountStore } from '../accounts/account.store.js';
import { SignInPolicy } from '../accounts/sign-in-policy.port.js';
import { SsoConnectionStore } from './sso-connection.store.js';
import { domainOf } from './sso-domain.rules.js';

/**
 * Sends people with a verified domain to their company, where it says so. Owners of that organization may still come in
 * by password or passkey: somebody has to when the provider is broken.
 */
@Injectable()
export class SsoSignInPolicy extends SignInPolicy {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: SsoConnectionStore,
    private readonly accounts: AccountStore,
    private readonly members: Members,
    private readonly publicUrl: PublicUrl,
  ) {
    super();
  }

  override async elsewhere(email: string): Promise<URL | undefined> {
    const domain = domainOf(email);
    if (domain === undefined) return undefined;
    const connection = await this.uow.system('identity.sso', (tx) => this.connections.locate(tx, { domain }));
    if (!connection?.enforced || (await this.isOwner(email, connection.orgId))) return undefined;
    const url = new URL(`${this.publicUrl.value}/auth/sso/start`);
    url.searchParams.set('email', email);
    return url;
  }

  private isOwner(email: string, orgId: string): Promise<boolean> {
    return this.uow.system('identity.account', async (tx) => {
      const account = await this.accounts.findByEmail(tx, email);
      const memberships = account ? await this.members.ofUser(tx, account.id) : [];
      return memberships.some(({ id, role }) => id === orgId && role === 'owner');
    });
  }
}
