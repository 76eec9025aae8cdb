import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { InvitationAcceptance, type OpenInvitation } from '../../tenancy/index.js';
import { type Account, AccountStore } from './account.store.js';
import { AccountNews } from './account-news.js';
import { PasswordChoice } from './password-choice.service.js';
import { type OpenedSession, Sessions } from './sessions.service.js';
import { attributionOfVisitor, type Visitor } from './visitor.js';

export interface InvitedPerson {
  /** Of the letter; it proves the address. */
  readonly token: string;
  readonly name: string;
  readonly password: string;
  readonly visitor: Visitor;
}

export type InvitedOutcome =
  | { readonly kind: 'joined'; readonly opened: OpenedSession }
  | { readonly kind: 'weak_password'; readonly message: string }
  | { readonly kind: 'has_account' }
  | { readonly kind: 'gone' };

/** People who come by an invitation: no second letter, and no organization of their own. */
@Injectable()
export class InvitedSignUp {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invitations: InvitationAcceptance,
    private readonly accounts: AccountStore,
    private readonly choice: PasswordChoice,
    private readonly sessions: Sessions,
    private readonly news: AccountNews,
  ) {}

  /** Undefined when it is used, revoked or too old. */
  async find(token: string): Promise<{ invitation: OpenInvitation; hasAccount: boolean } | undefined> {
    const invitation = await this.invitations.preview(token);
    if (invitation === undefined) return undefined;
    const account = await this.uow.system('identity.account', (tx) => this.accounts.findByEmail(tx, invitation.email));
    return { invitation, hasAccount: account !== undefined };
  }

  async join({ token, name, password, visitor }: InvitedPerson): Promise<InvitedOutcome> {
    const found = await this.find(token);
    if (found === undefined) return { kind: 'gone' };
    if (found.hasAccount) return { kind: 'has_account' };
    const { email, organizationName } = found.invitation;
    const chosen = await this.choice.judge(password, [email, name, organizationName]);
    if (chosen.kind === 'weak') return { kind: 'weak_password', message: chosen.message };
    const person = { email, name, passwordHash: chosen.hash };
    const account = await this.uow.system('identity.account', (tx) => this.accounts.insert(tx, person));
    if (account === undefined) return { kind: 'has_account' };
    await this.accept(token, account, visitor);
    return { kind: 'joined', opened: await this.open(account, visitor) };
  }

  /** @throws AppError `tenancy.invitation_void`, `tenancy.invitation_for_another` */
  async accept(token: string, account: Account, visitor: Visitor): Promise<OpenInvitation> {
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: account.id } });
    return this.invitations.accept(token, { userId: account.id, verifiedEmail: account.email, by });
  }

  private open({ id, email }: Account, visitor: Visitor): Promise<OpenedSession> {
    return this.uow.system('identity.account', async (tx) => {
      await this.news.publish(tx, { event: 'user_signed_up', userId: id, visitor, data: { email } });
      return this.sessions.open(tx, { userId: id, amr: ['pwd'], visitor });
    });
  }
}
