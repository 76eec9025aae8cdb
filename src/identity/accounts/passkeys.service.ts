import { Injectable, Optional } from '@nestjs/common';
import { z } from 'zod';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { Logger, Metrics } from '../../platform/telemetry/index.js';
import { AccountStore } from './account.store.js';
import { AccountLetters } from './account-letters.js';
import { AccountNews } from './account-news.js';
import { OneTimeTokenStore } from './one-time-token.store.js';
import { assertionSchema, passkeyAmr, registrationSchema, relyingPartyId } from './passkey.rules.js';
import { type Passkey, PasskeyStore } from './passkey.store.js';
import type { AccountAct } from './second-factor.service.js';
import type { Session } from './session.store.js';
import { type OpenedSession, Sessions } from './sessions.service.js';
import { SignInPolicy } from './sign-in-policy.port.js';
import type { Site, Visitor } from './visitor.js';

/** For `navigator.credentials`, and a token for a cookie, which comes back with the answer. */
export interface PasskeyChallenge {
  readonly options: object;
  readonly token: string;
}

export interface PasskeyAnswer {
  /** Of the challenge. */
  readonly token: string;
  /** `PublicKeyCredential.toJSON()`; checked here. */
  readonly response: unknown;
  readonly site: Site;
}

export interface PasskeySignIn extends PasskeyAnswer {
  readonly visitor: Visitor;
  readonly replaces: Session | undefined;
}

export type AddedPasskey = 'added' | 'refused';
export type PasskeySignInOutcome =
  { readonly kind: 'signed_in'; readonly opened: OpenedSession } | { readonly kind: 'refused' };

/** Large: it is loaded when somebody uses a passkey. */
const webauthn = () => import('@simplewebauthn/server');

const TTL_MS = 5 * 60_000;
const MAX_PASSKEYS = 20;
const challengeSchema = z.object({ challenge: z.string() });

@Injectable()
export class Passkeys {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: PasskeyStore,
    private readonly accounts: AccountStore,
    private readonly tokens: OneTimeTokenStore,
    private readonly sessions: Sessions,
    private readonly news: AccountNews,
    private readonly letters: AccountLetters,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    @Optional() private readonly policy?: SignInPolicy,
  ) {}

  /** Browsers bind passkeys to host names, not to bare addresses. */
  isAvailableAt(site: Site): boolean {
    return relyingPartyId(site) !== undefined;
  }

  list(userId: string): Promise<Passkey[]> {
    return this.uow.system('identity.account', (tx) => this.store.list(tx, userId));
  }

  async beginAdding({ account }: AccountAct, site: Site): Promise<PasskeyChallenge> {
    const known = await this.list(account.id);
    const options = await (
      await webauthn()
    ).generateRegistrationOptions({
      rpName: 'CoorChat',
      rpID: relyingPartyId(site) ?? 'localhost',
      userID: new TextEncoder().encode(account.id),
      userName: account.email,
      userDisplayName: account.name,
      excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return this.keep('passkey_register', account.id, options);
  }

  async finishAdding(
    { account, session, visitor }: AccountAct,
    name: string,
    answer: PasskeyAnswer,
  ): Promise<AddedPasskey> {
    const challenge = await this.challengeOf('passkey_register', answer.token, account.id);
    const passkey = challenge === undefined ? undefined : await this.verifiedNew(challenge, answer);
    if (passkey === undefined) return 'refused';
    return this.uow.system('identity.account', async (tx) => {
      if ((await this.store.list(tx, account.id)).length >= MAX_PASSKEYS) return 'refused';
      if (!(await this.store.insert(tx, { ...passkey, userId: account.id, name }))) return 'refused';
      await this.news.publish(tx, { event: 'passkey_added', userId: account.id, visitor, session, data: { name } });
      tx.afterCommit(() => this.letters.securityNotice(account, `the passkey “${name}” was added`));
      return 'added';
    });
  }

  remove({ account, session, visitor }: AccountAct, passkeyId: string): Promise<void> {
    return this.uow.system('identity.account', async (tx) => {
      const name = await this.store.remove(tx, account.id, passkeyId);
      if (name === undefined) return;
      await this.news.publish(tx, { event: 'passkey_removed', userId: account.id, visitor, session, data: { name } });
      tx.afterCommit(() => this.letters.securityNotice(account, `the passkey “${name}” was removed`));
    });
  }

  async beginSignIn(site: Site): Promise<PasskeyChallenge> {
    const rpID = relyingPartyId(site) ?? 'localhost';
    const options = await (await webauthn()).generateAuthenticationOptions({ rpID, userVerification: 'required' });
    return this.keep('passkey_sign_in', null, options);
  }

  async finishSignIn({ visitor, replaces, ...answer }: PasskeySignIn): Promise<PasskeySignInOutcome> {
    const challenge = await this.challengeOf('passkey_sign_in', answer.token, null);
    const passkey = challenge === undefined ? undefined : await this.verifiedKnown(challenge, answer);
    if (passkey === undefined || (await this.isElsewhere(passkey.userId))) {
      this.metrics.count('identity.sign_in_failed');
      this.logger.info('a sign-in failed', { address: visitor.origin.address, reason: 'passkey' });
      await this.failed(passkey?.userId, visitor);
      return { kind: 'refused' };
    }
    return this.uow.system('identity.account', (tx) => this.signIn(tx, passkey, { visitor, replaces }));
  }

  private async failed(userId: string | undefined, visitor: Visitor): Promise<void> {
    const reason = 'passkey';
    if (userId === undefined) return this.news.unknownFailed(visitor, reason);
    await this.uow.system('identity.account', (tx) =>
      this.news.publish(tx, { event: 'sign_in_failed', userId, visitor, data: { reason } }),
    );
  }

  private async isElsewhere(userId: string): Promise<boolean> {
    const account = await this.uow.system('identity.account', (tx) => this.accounts.find(tx, userId));
    return account !== undefined && (await this.policy?.elsewhere(account.email)) !== undefined;
  }

  private async signIn(
    tx: SystemTx,
    { counter, ...passkey }: Passkey,
    { visitor, replaces }: { visitor: Visitor; replaces: Session | undefined },
  ): Promise<PasskeySignInOutcome> {
    const { userId } = passkey;
    const account = await this.accounts.find(tx, userId);
    if (account === undefined || account.isDisabled || !(await this.store.used(tx, passkey.id, counter))) {
      const data = { reason: 'passkey' };
      if (account) await this.news.publish(tx, { event: 'sign_in_failed', userId, visitor, data });
      return { kind: 'refused' };
    }
    return {
      kind: 'signed_in',
      opened: await this.sessions.open(tx, { userId, amr: passkeyAmr(passkey), visitor, replaces }),
    };
  }

  private async keep(
    purpose: 'passkey_register' | 'passkey_sign_in',
    userId: string | null,
    options: { challenge: string },
  ): Promise<PasskeyChallenge> {
    const fields = { purpose, userId, data: { challenge: options.challenge }, ttlMs: TTL_MS };
    return { options, token: await this.uow.system('identity.account', (tx) => this.tokens.issue(tx, fields)) };
  }

  private async challengeOf(
    purpose: 'passkey_register' | 'passkey_sign_in',
    token: string,
    userId: string | null,
  ): Promise<string | undefined> {
    const found = await this.uow.system('identity.account', (tx) => this.tokens.consume(tx, { purpose, token }));
    return found && found.userId === userId ? challengeSchema.parse(found.data).challenge : undefined;
  }

  private async verifiedNew(
    expectedChallenge: string,
    { response, site }: PasskeyAnswer,
  ): Promise<Omit<Passkey, 'userId' | 'name' | 'createdAt' | 'lastUsedAt'> | undefined> {
    const parsed = registrationSchema.safeParse(response);
    const expectedRPID = relyingPartyId(site);
    if (!parsed.success || expectedRPID === undefined) return undefined;
    const verified = await this.attempt(async () =>
      (await webauthn()).verifyRegistrationResponse({
        response: parsed.data,
        expectedChallenge,
        expectedOrigin: site.origin,
        expectedRPID,
        requireUserVerification: true,
      }),
    );
    if (!verified?.verified) return undefined;
    const { credential, credentialDeviceType } = verified.registrationInfo;
    const { id, publicKey, counter, transports = [] } = credential;
    return {
      id,
      publicKey: new Uint8Array(publicKey),
      counter,
      transports,
      synced: credentialDeviceType === 'multiDevice',
    };
  }

  /** With the counter that the device shows now. */
  private async verifiedKnown(
    expectedChallenge: string,
    { response, site }: PasskeyAnswer,
  ): Promise<Passkey | undefined> {
    const parsed = assertionSchema.safeParse(response);
    const expectedRPID = relyingPartyId(site);
    if (!parsed.success || expectedRPID === undefined) return undefined;
    const passkey = await this.uow.system('identity.account', (tx) => this.store.find(tx, parsed.data.id));
    if (passkey === undefined) return undefined;
    const verified = await this.attempt(async () =>
      (await webauthn()).verifyAuthenticationResponse({
        response: parsed.data,
        expectedChallenge,
        expectedOrigin: site.origin,
        expectedRPID,
        requireUserVerification: true,
        credential: { ...passkey, transports: [...passkey.transports] },
      }),
    );
    return verified?.verified ? { ...passkey, counter: verified.authenticationInfo.newCounter } : undefined;
  }

  /** The library throws for what does not fit; to us that is a refusal. */
  private async attempt<T>(verify: () => Promise<T>): Promise<T | undefined> {
    try {
      return await verify();
    } catch (error) {
      this.logger.info('a passkey was refused', { error });
      return undefined;
    }
  }
}
