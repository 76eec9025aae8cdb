import { Injectable, Optional } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { type Account, AccountStore, normalEmail } from './account.store.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { PasswordChoice } from './password-choice.service.js';
import { verifyPassword } from './password-hash.js';
import type { AccountAct } from './second-factor.service.js';
import { Sessions } from './sessions.service.js';
import { SignInPolicy } from './sign-in-policy.port.js';
import { SignInThrottle } from './sign-in-throttle.service.js';
import { confirmLimits, letterLimits } from './throttle.rules.js';
import type { Visitor } from './visitor.js';

export type ResetOutcome =
  | { readonly kind: 'changed' }
  | { readonly kind: 'weak_password'; readonly message: string }
  | { readonly kind: 'gone' };

export type ChangeOutcome =
  | { readonly kind: 'changed' }
  | { readonly kind: 'weak_password'; readonly message: string }
  | { readonly kind: 'wrong_password' }
  | { readonly kind: 'throttled'; readonly waitMs: number };

const LINK_TTL_MS = 30 * 60_000;
const CHANGED = 'the password was changed';

@Injectable()
export class Passwords {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly tokens: OneTimeTokenStore,
    private readonly choice: PasswordChoice,
    private readonly throttle: SignInThrottle,
    private readonly sessions: Sessions,
    private readonly news: AccountNews,
    private readonly letters: AccountLetters,
    @Optional() private readonly policy?: SignInPolicy,
  ) {}

  /** The same answer after the same work, whether there is such an account or not. @returns how long to wait, ms */
  async requestReset(address: string, visitor: Visitor): Promise<number> {
    const email = normalEmail(address);
    const waitMs = await this.throttle.take(letterLimits(email, visitor.origin.address ?? ''));
    if (waitMs > 0) return waitMs;
    const isElsewhere = (await this.policy?.elsewhere(email)) !== undefined;
    await this.uow.system('identity.account', async (tx) => {
      const account = await this.accounts.findByEmail(tx, email);
      const userId = account?.id ?? null;
      const token = await this.tokens.issue(tx, { purpose: 'reset_password', userId, data: {}, ttlMs: LINK_TTL_MS });
      if (account === undefined || account.isDisabled || isElsewhere) return;
      await this.news.publish(tx, { event: 'password_reset_requested', userId: account.id, visitor });
      tx.afterCommit(() => this.letters.resetPassword(account, token));
    });
    return 0;
  }

  /** For whom a link is; undefined when it is used up or too old. */
  resetting(token: string): Promise<Account | undefined> {
    return this.uow.system('identity.account', async (tx) => {
      const found = await this.tokens.find(tx, { purpose: 'reset_password', token });
      return found?.userId ? this.accounts.find(tx, found.userId) : undefined;
    });
  }

  /** Signs out everywhere; the second factor stays. */
  async reset(token: string, password: string, visitor: Visitor): Promise<ResetOutcome> {
    const account = await this.resetting(token);
    if (account === undefined) return { kind: 'gone' };
    const chosen = await this.choice.judge(password, [account.email, account.name]);
    if (chosen.kind === 'weak') return { kind: 'weak_password', message: chosen.message };
    return this.uow.system('identity.account', async (tx) => {
      const found = await this.tokens.consume(tx, { purpose: 'reset_password', token });
      if (found?.userId !== account.id) return { kind: 'gone' };
      await this.tokens.dropOf(tx, account.id, 'reset_password');
      await this.tokens.dropOf(tx, account.id, 'second_factor');
      await this.accounts.setPassword(tx, account.id, chosen.hash);
      await this.news.publish(tx, { event: 'password_changed', userId: account.id, visitor, data: { how: 'reset' } });
      await this.sessions.endAll(tx, { userId: account.id, visitor });
      tx.afterCommit(() => this.letters.securityNotice(account, CHANGED));
      return { kind: 'changed' };
    });
  }

  /** Signs out every other browser. */
  async change({ account, session, visitor }: AccountAct, current: string, next: string): Promise<ChangeOutcome> {
    const waitMs = await this.throttle.take(confirmLimits(account.id));
    if (waitMs > 0) return { kind: 'throttled', waitMs };
    const hash = await this.uow.system('identity.account', (tx) => this.accounts.passwordHash(tx, account.id));
    if (account.hasPassword && !(await verifyPassword(current, hash))) return { kind: 'wrong_password' };
    const chosen = await this.choice.judge(next, [account.email, account.name]);
    if (chosen.kind === 'weak') return { kind: 'weak_password', message: chosen.message };
    await this.uow.system('identity.account', async (tx) => {
      await this.accounts.setPassword(tx, account.id, chosen.hash);
      await this.sessions.endOthers(tx, session);
      await this.news.publish(tx, { event: 'password_changed', userId: account.id, visitor, session });
      tx.afterCommit(() => this.letters.securityNotice(account, CHANGED));
    });
    return { kind: 'changed' };
  }
}
