import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import type { Session } from '../accounts/session.store.js';
import { attributionOfVisitor, type Visitor } from '../accounts/visitor.js';
import { GrantEnding } from './grant-ending.service.js';
import { type ListedGrant, OauthGrantStore } from './oauth-grant.store.js';

/** What a person let programs do, for the page of their account. */
@Injectable()
export class AllowedPrograms {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly grants: OauthGrantStore,
    private readonly ending: GrantEnding,
  ) {}

  /** Those in force, newest first. */
  list(userId: string): Promise<ListedGrant[]> {
    return this.uow.system('identity.oauth', (tx) => this.grants.listLive(tx, userId));
  }

  /** Takes it back; every token that came out of it ends within five seconds. Nothing happens with somebody else's. */
  async end(grantId: string, { session, visitor }: { session: Session; visitor: Visitor }): Promise<void> {
    const { id: credentialId, userId, amr, signedInAt } = session;
    const authentication = { method: 'session', credentialId, amr, signedInAt } as const;
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId }, authentication });
    await this.uow.system('identity.oauth', async (tx) => {
      const grant = await this.grants.findLive(tx, grantId);
      if (grant?.userId === userId) await this.ending.end(tx, grantId, by);
    });
  }
}
