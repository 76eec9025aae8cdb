import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { Members } from '../../tenancy/index.js';
import { type Account, AccountStore } from '../accounts/account.store.js';
import { type OauthGrant, OauthGrantStore } from './oauth-grant.store.js';

export interface LivePerson {
  readonly account: Account;
  /** Undefined before a grant was made. */
  readonly grant: OauthGrant | undefined;
}

/** Whether a person may still get tokens: the account, the grant and the membership are looked at each time. */
@Injectable()
export class PersonTokens {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly grants: OauthGrantStore,
    private readonly members: Members,
  ) {}

  /** Undefined when the account is disabled, or what stands behind the grant has ended. */
  async find(userId: string, grantId: string | undefined): Promise<LivePerson | undefined> {
    const found = await this.uow.system('identity.oauth', async (tx) => {
      const account = await this.accounts.find(tx, userId);
      const grant = grantId === undefined ? undefined : await this.grants.findLive(tx, grantId);
      const memberships = grant ? await this.members.ofUser(tx, userId) : [];
      return { account, grant, memberships };
    });
    const { account, grant, memberships } = found;
    if (account === undefined || account.isDisabled) return undefined;
    if (grantId === undefined) return { account, grant: undefined };
    const isMember = memberships.some(({ id }) => id === grant?.orgId);
    return grant && grant.userId === userId && isMember ? { account, grant } : undefined;
  }
}
