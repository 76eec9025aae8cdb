import { Injectable } from '@nestjs/common';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { type Person, UserDirectory } from '../../tenancy/index.js';
import { type Account, AccountStore } from './account.store.js';
import { AccountNews } from './account-news.js';
import { Sessions } from './sessions.service.js';
import type { Visitor } from './visitor.js';

/** Who the people are. */
@Injectable()
export class Accounts extends UserDirectory {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: AccountStore,
    private readonly sessions: Sessions,
    private readonly news: AccountNews,
  ) {
    super();
  }

  find(userId: string): Promise<Account | undefined> {
    return this.uow.system('identity.account', (tx) => this.store.find(tx, userId));
  }

  findByEmail(email: string): Promise<Account | undefined> {
    return this.uow.system('identity.account', (tx) => this.store.findByEmail(tx, email));
  }

  override async people(userIds: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    const accounts = await this.uow.system('identity.account', (tx) => this.store.list(tx, userIds));
    return new Map(accounts.map(({ id, name, email }) => [id, { name, email, emailVerified: true }]));
  }

  /**
   * The account of an address that somebody else has vouched for (an invitation's link, a company's identity provider or
   * directory); made where there is none.
   */
  async ensure(tx: SystemTx, person: { email: string; name: string; passwordHash?: string }): Promise<Account> {
    const { email, name, passwordHash = null } = person;
    const account =
      (await this.store.insert(tx, { email, name, passwordHash })) ?? (await this.store.findByEmail(tx, email));
    if (account === undefined) throw new Error('An account that is there was not found.');
    return account;
  }

  /** Ends every session and token; the person can sign in nowhere until enabled again. */
  disable(userId: string, visitor: Visitor): Promise<void> {
    return this.uow.system('identity.account', async (tx) => {
      await this.sessions.endAll(tx, { userId, visitor });
      await this.store.setDisabled(tx, userId, new Date());
      await this.news.publish(tx, { event: 'user_disabled', userId, visitor });
    });
  }

  enable(userId: string): Promise<void> {
    return this.uow.system('identity.account', (tx) => this.store.setDisabled(tx, userId, null));
  }
}
