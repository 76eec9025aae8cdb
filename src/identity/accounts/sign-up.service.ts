import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { attributionOfVisitor, type Visitor } from './visitor.js';
import { Founding } from '../../tenancy/index.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { AccountStore, normalEmail } from './account.store.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { PasswordChoice } from './password-choice.service.js';
import { verifyPassword } from './password-hash.js';
import { type OpenedSession, Sessions } from './sessions.service.js';
import { SignInThrottle } from './sign-in-throttle.service.js';
import { letterLimits } from './throttle.rules.js';

export interface SignUpRequest {
  readonly email: string;
  readonly name: string;
  readonly organization: string;
  readonly password: string;
}

export type SignUpOutcome =
  | { readonly kind: 'check_mail' }
  | { readonly kind: 'weak_password'; readonly message: string }
  | { readonly kind: 'throttled'; readonly waitMs: number };

export type VerifyOutcome =
  | { readonly kind: 'signed_in'; readonly opened: OpenedSession }
  | { readonly kind: 'wrong_password' }
  | { readonly kind: 'gone' };

const LINK_TTL_MS = 24 * 60 * 60_000;
const MAX_TRIES = 10;

const pendingSchema = z.object({
  email: z.string(),
  name: z.string(),
  organization: z.string(),
  passwordHash: z.string(),
});
type Pending = z.infer<typeof pendingSchema>;

/**
 * Nobody has an account before they have shown that they read the address's mail and know the password that was chosen:
 * signing up with somebody else's address prepares nothing that they could fall into.
 */
@Injectable()
export class SignUp {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly tokens: OneTimeTokenStore,
    private readonly choice: PasswordChoice,
    private readonly throttle: SignInThrottle,
    private readonly sessions: Sessions,
    private readonly founding: Founding,
    private readonly news: AccountNews,
    private readonly letters: AccountLetters,
  ) {}

  /** The same answer after the same work, whether the address has an account or not; its owner's mail says which. */
  async request(request: SignUpRequest, visitor: Visitor): Promise<SignUpOutcome> {
    const email = normalEmail(request.email);
    const { name, organization, password } = request;
    const waitMs = await this.throttle.take(letterLimits(email, visitor.origin.address ?? ''));
    if (waitMs > 0) return { kind: 'throttled', waitMs };
    const chosen = await this.choice.judge(password, [email, name, organization]);
    if (chosen.kind === 'weak') return { kind: 'weak_password', message: chosen.message };
    const pending: Pending = { email, name, organization, passwordHash: chosen.hash };
    await this.uow.system('identity.account', async (tx) => {
      const known = await this.accounts.findByEmail(tx, email);
      const token = await this.tokens.issue(tx, {
        purpose: 'sign_up',
        userId: null,
        data: pending,
        ttlMs: LINK_TTL_MS,
      });
      tx.afterCommit(() => (known ? this.letters.alreadyHere(known) : this.letters.confirmAddress(pending, token)));
    });
    return { kind: 'check_mail' };
  }

  /** For whom a link is; undefined when it is used up or too old. */
  async pending(token: string): Promise<Pick<Pending, 'email' | 'name'> | undefined> {
    const found = await this.uow.system('identity.account', (tx) =>
      this.tokens.find(tx, { purpose: 'sign_up', token }),
    );
    return found && pendingSchema.parse(found.data);
  }

  async confirm(token: string, password: string, visitor: Visitor): Promise<VerifyOutcome> {
    const shown = { purpose: 'sign_up', token } as const;
    const found = await this.uow.system('identity.account', (tx) => this.tokens.countTry(tx, shown, MAX_TRIES));
    if (found === undefined) return { kind: 'gone' };
    const pending = pendingSchema.parse(found.data);
    if (!(await verifyPassword(password, pending.passwordHash))) return { kind: 'wrong_password' };
    return this.uow.system('identity.account', (tx) => this.finish(tx, shown.token, pending, visitor));
  }

  private async finish(tx: SystemTx, token: string, pending: Pending, visitor: Visitor): Promise<VerifyOutcome> {
    if ((await this.tokens.consume(tx, { purpose: 'sign_up', token })) === undefined) return { kind: 'gone' };
    const account = await this.accounts.insert(tx, pending);
    if (account === undefined) return { kind: 'gone' };
    const userId = account.id;
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId } });
    await this.founding.foundIn(tx, { userId, name: pending.organization, by });
    await this.news.publish(tx, { event: 'user_signed_up', userId, visitor, data: { email: account.email } });
    return { kind: 'signed_in', opened: await this.sessions.open(tx, { userId, amr: ['pwd'], visitor }) };
  }
}
