import { Injectable, Optional } from '@nestjs/common';
import { z } from 'zod';
import { UnitOfWork } from '../../platform/db/index.js';
import { Logger, Metrics } from '../../platform/telemetry/index.js';
import { type Account, AccountStore, normalEmail } from './account.store.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { verifyPassword } from './password-hash.js';
import { SecondFactor, type UsedFactor } from './second-factor.service.js';
import type { Session } from './session.store.js';
import { type OpenedSession, Sessions } from './sessions.service.js';
import { SignInPolicy } from './sign-in-policy.port.js';
import { SignInThrottle } from './sign-in-throttle.service.js';
import { codeLimits, signInLimits } from './throttle.rules.js';
import type { Visitor } from './visitor.js';

export interface PasswordSignIn {
  readonly email: string;
  readonly password: string;
  readonly visitor: Visitor;
  /** The browser's session until now. */
  readonly replaces: Session | undefined;
}

export interface CodeSignIn {
  /** Of the outcome `second_factor`. */
  readonly token: string;
  readonly code: string;
  readonly visitor: Visitor;
  readonly replaces: Session | undefined;
}

export type SignInOutcome =
  | { readonly kind: 'signed_in'; readonly opened: OpenedSession }
  /** The password was right; `token` is for a cookie, and lives five minutes. */
  | { readonly kind: 'second_factor'; readonly token: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly waitMs: number }
  /** The person's organization wants another way. */
  | { readonly kind: 'elsewhere'; readonly url: URL }
  /** The sign-in has to start again. */
  | { readonly kind: 'gone' };

const CHALLENGE_TTL_MS = 5 * 60_000;
const MAX_CODES = 5;

type FailureReason = 'throttled' | 'wrong_password' | 'wrong_code' | 'gone';

const challengeSchema = z.object({ amr: z.array(z.string()) });

@Injectable()
export class PasswordSignIns {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly tokens: OneTimeTokenStore,
    private readonly throttle: SignInThrottle,
    private readonly sessions: Sessions,
    private readonly secondFactor: SecondFactor,
    private readonly news: AccountNews,
    private readonly letters: AccountLetters,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    @Optional() private readonly policy?: SignInPolicy,
  ) {}

  /** Unknown addresses take as long and get the same answer as wrong passwords. */
  async withPassword(request: PasswordSignIn): Promise<SignInOutcome> {
    const email = normalEmail(request.email);
    const url = await this.policy?.elsewhere(email);
    if (url) return { kind: 'elsewhere', url };
    const limits = signInLimits(email, request.visitor.origin.address ?? '');
    const waitMs = await this.throttle.take(limits);
    const { account, hash } = await this.known(email);
    if (waitMs > 0) {
      await this.failed(account, request.visitor, 'throttled');
      return { kind: 'throttled', waitMs };
    }
    const isRight = await verifyPassword(request.password, hash);
    if (account === undefined || account.isDisabled || !isRight) {
      await this.failed(account, request.visitor, 'wrong_password');
      return { kind: 'refused' };
    }
    await this.throttle.forgive(limits);
    return account.hasTotp ? this.challenge(account) : this.finish(account, request, ['pwd']);
  }

  /** The second half. */
  async withCode(request: CodeSignIn): Promise<SignInOutcome> {
    const shown = { purpose: 'second_factor', token: request.token } as const;
    const found = await this.uow.system('identity.account', (tx) => this.tokens.countTry(tx, shown, MAX_CODES));
    if (!found?.userId) {
      await this.failed(undefined, request.visitor, 'gone');
      return { kind: 'gone' };
    }
    const waitMs = await this.throttle.take(codeLimits(found.userId));
    const account = await this.uow.system('identity.account', (tx) => this.accounts.find(tx, found.userId ?? ''));
    if (account === undefined || account.isDisabled) return { kind: 'gone' };
    if (waitMs > 0) {
      await this.failed(account, request.visitor, 'throttled');
      return { kind: 'throttled', waitMs };
    }
    return this.judgeCode(account, request, challengeSchema.parse(found.data).amr);
  }

  private async judgeCode(account: Account, request: CodeSignIn, amr: readonly string[]): Promise<SignInOutcome> {
    const { token, code, visitor, replaces } = request;
    const outcome = await this.uow.system('identity.account', async (tx): Promise<SignInOutcome> => {
      const used = await this.secondFactor.use(tx, account.id, code);
      if (used === undefined) return { kind: 'refused' };
      if ((await this.tokens.consume(tx, { purpose: 'second_factor', token })) === undefined) return { kind: 'gone' };
      if (used === 'recovery_code') {
        await this.news.publish(tx, { event: 'recovery_code_used', userId: account.id, visitor });
        tx.afterCommit(() => this.letters.securityNotice(account, 'somebody signed in with a recovery code'));
      }
      const factors = [...amr, ...this.amrOf(used), 'mfa'];
      return {
        kind: 'signed_in',
        opened: await this.sessions.open(tx, { userId: account.id, amr: factors, visitor, replaces }),
      };
    });
    if (outcome.kind === 'refused') await this.failed(account, visitor, 'wrong_code');
    if (outcome.kind === 'signed_in') await this.throttle.forgive(codeLimits(account.id));
    return outcome;
  }

  private amrOf(used: UsedFactor): string[] {
    return used === 'totp' ? ['otp'] : ['kba'];
  }

  private known(email: string): Promise<{ account: Account | undefined; hash: string | undefined }> {
    return this.uow.system('identity.account', async (tx) => {
      const account = await this.accounts.findByEmail(tx, email);
      return { account, hash: account && (await this.accounts.passwordHash(tx, account.id)) };
    });
  }

  private async challenge({ id }: Account): Promise<SignInOutcome> {
    const fields = { purpose: 'second_factor', userId: id, data: { amr: ['pwd'] }, ttlMs: CHALLENGE_TTL_MS } as const;
    return {
      kind: 'second_factor',
      token: await this.uow.system('identity.account', (tx) => this.tokens.issue(tx, fields)),
    };
  }

  private finish({ id }: Account, { visitor, replaces }: PasswordSignIn, amr: string[]): Promise<SignInOutcome> {
    return this.uow.system('identity.account', async (tx) => ({
      kind: 'signed_in',
      opened: await this.sessions.open(tx, { userId: id, amr, visitor, replaces }),
    }));
  }

  private async failed(account: Account | undefined, visitor: Visitor, reason: FailureReason): Promise<void> {
    this.metrics.count('identity.sign_in_failed');
    this.logger.info('a sign-in failed', { userId: account?.id, address: visitor.origin.address, reason });
    // A transaction for unknown addresses as well: how long an answer takes tells nothing.
    await this.uow.system('identity.account', async (tx) => {
      if (account === undefined) return this.news.unknownFailed(visitor, reason);
      const { id: userId } = account;
      if (reason === 'throttled') return this.news.throttled(tx, userId, visitor);
      await this.news.publish(tx, { event: 'sign_in_failed', userId, visitor, data: { reason } });
    });
  }
}
