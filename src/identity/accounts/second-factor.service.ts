import { Injectable } from '@nestjs/common';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import type { Account } from './account.store.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { RecoveryCodeStore } from './recovery-code.store.js';
import type { Session } from './session.store.js';
import { SignInThrottle } from './sign-in-throttle.service.js';
import { codeLimits } from './throttle.rules.js';
import { type TotpSetup, TotpStore } from './totp.store.js';
import type { Visitor } from './visitor.js';

/** Somebody who is signed in and does something to their account. */
export interface AccountAct {
  readonly account: Account;
  readonly session: Session;
  readonly visitor: Visitor;
}

export type SetUpOutcome =
  | { readonly kind: 'enabled'; readonly recoveryCodes: readonly string[] }
  | { readonly kind: 'wrong_code' }
  | { readonly kind: 'throttled'; readonly waitMs: number };

export type UsedFactor = 'totp' | 'recovery_code';

const SIX_DIGITS = /^\d{6}$/;

/** Authenticator apps and recovery codes. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly totp: TotpStore,
    private readonly codes: RecoveryCodeStore,
    private readonly throttle: SignInThrottle,
    private readonly news: AccountNews,
    private readonly letters: AccountLetters,
  ) {}

  /** The same secret until it is confirmed, so that a page may be loaded again. */
  begin(account: Account): Promise<TotpSetup> {
    return this.uow.system('identity.account', (tx) => this.totp.begin(tx, account));
  }

  async enable({ account, session, visitor }: AccountAct, code: string): Promise<SetUpOutcome> {
    const waitMs = await this.throttle.take(codeLimits(account.id));
    if (waitMs > 0) return { kind: 'throttled', waitMs };
    return this.uow.system('identity.account', async (tx) => {
      if (!(await this.totp.use(tx, account.id, code.replace(/\s/g, '')))) return { kind: 'wrong_code' };
      await this.totp.confirm(tx, account.id);
      const recoveryCodes = await this.codes.renew(tx, account.id);
      await this.news.publish(tx, { event: 'totp_enabled', userId: account.id, visitor, session });
      this.notice(tx, account, 'an authenticator app was added');
      return { kind: 'enabled', recoveryCodes };
    });
  }

  disable({ account, session, visitor }: AccountAct): Promise<void> {
    return this.uow.system('identity.account', async (tx) => {
      await this.totp.drop(tx, account.id);
      await this.codes.dropAll(tx, account.id);
      await this.news.publish(tx, { event: 'totp_disabled', userId: account.id, visitor, session });
      this.notice(tx, account, 'the authenticator app was removed');
    });
  }

  /** @returns the codes, shown once */
  renewCodes({ account, session, visitor }: AccountAct): Promise<string[]> {
    return this.uow.system('identity.account', async (tx) => {
      await this.news.publish(tx, { event: 'recovery_codes_renewed', userId: account.id, visitor, session });
      return this.codes.renew(tx, account.id);
    });
  }

  codesLeft(account: Account): Promise<number> {
    return this.uow.system('identity.account', (tx) => this.codes.count(tx, account.id));
  }

  /** Of a sign-in: six digits of the app, or a recovery code. */
  async use(tx: SystemTx, userId: string, answer: string): Promise<UsedFactor | undefined> {
    const code = answer.replace(/\s/g, '');
    if (SIX_DIGITS.test(code)) return (await this.totp.use(tx, userId, code)) ? 'totp' : undefined;
    return (await this.codes.use(tx, userId, code)) ? 'recovery_code' : undefined;
  }

  private notice(tx: SystemTx, account: Account, what: string): void {
    tx.afterCommit(() => this.letters.securityNotice(account, what));
  }
}
