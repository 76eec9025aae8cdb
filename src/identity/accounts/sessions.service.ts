import { Injectable } from '@nestjs/common';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { Revocations } from '../../platform/revocation/index.js';
import { Members } from '../../tenancy/index.js';
import { GrantEnding } from '../oidc/grant-ending.service.js';
import { AccountNews } from './account-news.js';
import { type Session, SessionStore } from './session.store.js';
import type { Visitor } from './visitor.js';

export interface SignIn {
  readonly userId: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly visitor: Visitor;
  /** The browser's session until now: somebody else's ends. */
  readonly replaces?: Session | undefined;
}

export interface OpenedSession {
  /** For the cookie; nobody can read it again. */
  readonly token: string;
  readonly session: Session;
}

interface Ending {
  readonly userId: string;
  readonly visitor: Visitor;
  /** The session from which it is asked. */
  readonly from?: Session | undefined;
}

/** Browsers in which people are signed in. */
@Injectable()
export class Sessions {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SessionStore,
    private readonly members: Members,
    private readonly news: AccountNews,
    private readonly revocations: Revocations,
    private readonly grants: GrantEnding,
  ) {}

  /** Whoever calls has checked every factor. Credentials shown once more keep the session and change its cookie. */
  async open(tx: SystemTx, signIn: SignIn): Promise<OpenedSession> {
    const { userId, amr, visitor, replaces } = signIn;
    const isAgain = replaces?.userId === userId && (await this.store.find(tx, replaces.id)) !== undefined;
    const { id, token } = isAgain ? await this.store.renew(tx, replaces.id, amr) : await this.begin(tx, signIn);
    const session = await this.store.find(tx, id);
    if (session === undefined) throw new Error('A session that was just written is not there.');
    await this.news.publish(tx, { event: 'signed_in', userId, visitor, session });
    return { token, session };
  }

  find(token: string): Promise<Session | undefined> {
    return this.uow.system('identity.account', (tx) => this.store.findByToken(tx, token));
  }

  /** For whoever holds a session's id only: a token that was issued in it. */
  findById(id: string): Promise<Session | undefined> {
    return this.uow.system('identity.account', (tx) => this.store.find(tx, id));
  }

  list(userId: string): Promise<Session[]> {
    return this.uow.system('identity.account', (tx) => this.store.list(tx, userId));
  }

  signOut(session: Session, visitor: Visitor): Promise<void> {
    const { userId } = session;
    return this.uow.system('identity.account', async (tx) => {
      await this.end(tx, userId, { id: session.id });
      await this.news.publish(tx, { event: 'signed_out', userId, visitor, session });
    });
  }

  /** Another browser of the same person. */
  revoke(sessionId: string, { userId, visitor, from }: Ending): Promise<void> {
    return this.uow.system('identity.account', async (tx) => {
      const ended = await this.end(tx, userId, { id: sessionId });
      if (ended === 0) return;
      const news = { event: 'session_revoked', userId, visitor, data: { sessionId } } as const;
      await this.news.publish(tx, from ? { ...news, session: from } : news);
    });
  }

  /** Every browser, every token that was issued to the person until now. */
  signOutEverywhere(ending: Ending): Promise<void> {
    return this.uow.system('identity.account', (tx) => this.endAll(tx, ending));
  }

  /** As `signOutEverywhere`, in the transaction of what makes it necessary. */
  async endAll(tx: SystemTx, { userId, visitor, from }: Ending): Promise<void> {
    const count = await this.end(tx, userId, {});
    await this.grants.endAllOf(tx, userId);
    await this.revocations.publish(tx, { kind: 'user', id: userId });
    const news = { event: 'session_revoked', userId, visitor, data: { everywhere: true, count } } as const;
    await this.news.publish(tx, from ? { ...news, session: from } : news);
  }

  /** All but the one from which it is asked. */
  async endOthers(tx: SystemTx, from: Session): Promise<void> {
    await this.end(tx, from.userId, { except: from.id });
  }

  /** @returns whether the person is a member there */
  chooseOrganization(session: Session, orgId: string, visitor: Visitor): Promise<boolean> {
    const { userId } = session;
    return this.uow.system('identity.account', async (tx) => {
      const memberships = await this.members.ofUser(tx, userId);
      if (!memberships.some(({ id }) => id === orgId)) return false;
      await this.store.choose(tx, session.id, orgId);
      const data = { before: { orgId: session.orgId }, after: { orgId } };
      await this.news.publish(tx, { event: 'organization_switched', userId, visitor, session, data });
      return true;
    });
  }

  private async begin(
    tx: SystemTx,
    { userId, amr, visitor, replaces }: SignIn,
  ): Promise<{ id: string; token: string }> {
    if (replaces) await this.end(tx, replaces.userId, { id: replaces.id });
    const [first] = await this.members.ofUser(tx, userId);
    const { address, userAgent } = visitor.origin;
    return this.store.insert(tx, { userId, amr, orgId: first?.id ?? null, address, userAgent });
  }

  private async end(tx: SystemTx, userId: string, which: { id?: string; except?: string }): Promise<number> {
    const ids = await this.store.revoke(tx, userId, which);
    await this.revocations.publish(
      tx,
      ids.map((id) => ({ kind: 'session', id })),
    );
    return ids.length;
  }
}
