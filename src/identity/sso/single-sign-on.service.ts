import { isAppError, messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { attributionOf, CountedNews, Outbox, PLATFORM_ORG } from '../../platform/outbox/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { OneTimeTokenStore } from '../accounts/one-time-token.store.js';
import type { Session } from '../accounts/session.store.js';
import { type OpenedSession, Sessions } from '../accounts/sessions.service.js';
import type { Visitor } from '../accounts/visitor.js';
import { CompanyProviders } from './company-provider.service.js';
import { type Arrived, type RefusedArrival, SsoArrivals } from './sso-arrival.service.js';
import { type SsoConnection, SsoConnectionStore } from './sso-connection.store.js';
import { callbackUrl } from './sso-connection.view.js';
import { domainOf } from './sso-domain.rules.js';
import { SSO_AMR } from './sso-sessions.service.js';
import { SsoSignedInStore } from './sso-signed-in.store.js';

export interface SsoStart {
  /** Of the person, or of the connection: one of both. */
  readonly email?: string | undefined;
  readonly connectionId?: string | undefined;
  /** Path of ours to go on at. */
  readonly next?: string | undefined;
  /** Somebody is signed in and has to show credentials once more. */
  readonly again: boolean;
}

export interface SsoCallback {
  readonly connectionId: string;
  /** Query of the request. */
  readonly search: string;
  /** The cookie that `start` gave. */
  readonly state: string | undefined;
  readonly visitor: Visitor;
  readonly replaces: Session | undefined;
}

export type SsoStarted =
  | { readonly kind: 'go'; readonly url: URL; readonly state: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable' };

export type SsoFinished =
  | { readonly kind: 'signed_in'; readonly opened: OpenedSession; readonly next: string | undefined }
  /** The account has a second factor of ours; `token` is for the cookie `factor`. */
  | { readonly kind: 'second_factor'; readonly token: string; readonly next: string | undefined }
  | { readonly kind: 'refused'; readonly reason: RefusedArrival | 'bad_answer' | 'gone' };

const TTL_MS = 10 * 60_000;
const FACTOR_TTL_MS = 5 * 60_000;
const RECENT_S = 60;
const STRAYED_WINDOW_MS = 60_000;

const pendingSchema = z.object({
  connectionId: z.string(),
  issuer: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string().optional(),
});
type Pending = z.infer<typeof pendingSchema>;

/** Sign-in with an organization's own identity provider: code flow with PKCE, state and nonce; begun by us alone. */
@Injectable()
export class SingleSignOn {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: SsoConnectionStore,
    private readonly providers: CompanyProviders,
    private readonly tokens: OneTimeTokenStore,
    private readonly arrivals: SsoArrivals,
    private readonly sessions: Sessions,
    private readonly signedIn: SsoSignedInStore,
    private readonly publicUrl: PublicUrl,
    private readonly outbox: Outbox,
    private readonly counted: CountedNews,
    private readonly logger: Logger,
  ) {}

  async start({ email, connectionId, next, again }: SsoStart): Promise<SsoStarted> {
    const connection = await this.locate(email, connectionId);
    if (connection === undefined) return { kind: 'unknown' };
    try {
      const provider = await this.providers.configuration(connection);
      const { id, issuer, scopes } = connection;
      const pending: Pending = {
        connectionId: id,
        issuer,
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        ...(next !== undefined && { next }),
      };
      const state = await this.keep(pending);
      const url = oidc.buildAuthorizationUrl(provider, {
        redirect_uri: callbackUrl(this.publicUrl.value, id),
        scope: scopes.join(' '),
        state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
        ...(email !== undefined && { login_hint: email }),
        ...(again && { max_age: String(RECENT_S) }),
      });
      const fault = this.providers.faultOf(url.href);
      if (fault !== undefined) throw new Error(`the authorization endpoint is not used: ${fault}`);
      return { kind: 'go', url, state };
    } catch (error) {
      this.logger.warn('an identity provider is not usable', { orgId: connection.orgId, reason: messageOf(error) });
      return { kind: 'unreachable' };
    }
  }

  async finish(callback: SsoCallback): Promise<SsoFinished> {
    const search = new URLSearchParams(callback.search);
    const state = search.get('state');
    const pending = state !== null && state === callback.state ? await this.pending(state) : undefined;
    const connection = pending && (await this.locate(undefined, pending.connectionId));
    const isOurs = connection?.id === callback.connectionId && connection.issuer === pending?.issuer;
    if (!isOurs || state === null) {
      this.strayed(connection, callback.visitor);
      return { kind: 'refused', reason: 'gone' };
    }
    const claims = await this.claimsOf(connection, { ...callback, pending, state });
    const arrived = claims && (await this.arrivals.take({ connection, claims, visitor: callback.visitor }));
    if (arrived === undefined || typeof arrived === 'string') {
      const reason = arrived ?? 'bad_answer';
      await this.failed(connection, callback.visitor, reason);
      return { kind: 'refused', reason };
    }
    return this.letIn(connection, arrived, { ...callback, next: pending.next });
  }

  private locate(email: string | undefined, id: string | undefined): Promise<SsoConnection | undefined> {
    const domain = email === undefined ? undefined : domainOf(email);
    if (domain === undefined && id === undefined) return Promise.resolve(undefined);
    const by = domain === undefined ? { id: id ?? '' } : { domain };
    return this.uow.system('identity.sso', (tx) => this.connections.locate(tx, by));
  }

  private keep(data: Pending): Promise<string> {
    const fields = { purpose: 'sso', userId: null, data, ttlMs: TTL_MS } as const;
    return this.uow.system('identity.account', (tx) => this.tokens.issue(tx, fields));
  }

  /** Of two answers with one state, one is heard. */
  private async pending(state: string): Promise<Pending | undefined> {
    const shown = { purpose: 'sso', token: state } as const;
    const found = await this.uow.system('identity.account', (tx) => this.tokens.consume(tx, shown));
    return found && pendingSchema.parse(found.data);
  }

  private async claimsOf(
    connection: SsoConnection,
    { search, pending, state }: SsoCallback & { pending: Pending; state: string },
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const provider = await this.providers.configuration(connection);
      const url = new URL(callbackUrl(this.publicUrl.value, connection.id) + search);
      const answer = await oidc.authorizationCodeGrant(provider, url, {
        expectedState: state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      });
      return answer.claims();
    } catch (error) {
      if (isAppError(error)) throw error;
      this.logger.info('an identity provider’s answer was refused', {
        orgId: connection.orgId,
        reason: messageOf(error),
      });
      return undefined;
    }
  }

  /** A second factor of ours is asked for all the same: the account may belong to other organizations, too. */
  private async letIn(
    connection: SsoConnection,
    { account, person }: Arrived,
    { visitor, replaces, next }: SsoCallback & { next: string | undefined },
  ): Promise<SsoFinished> {
    const { id: userId, hasTotp } = account;
    if (hasTotp) {
      const fields = { purpose: 'second_factor', userId, data: { amr: [SSO_AMR] }, ttlMs: FACTOR_TTL_MS } as const;
      const token = await this.uow.system('identity.account', (tx) => this.tokens.issue(tx, fields));
      return { kind: 'second_factor', token, next };
    }
    const opened = await this.uow.system('identity.account', async (tx) => {
      const session = await this.sessions.open(tx, { userId, amr: [SSO_AMR], visitor, replaces });
      await this.signedIn.date(tx, session.session.id, person.authenticatedAt);
      return session;
    });
    await this.sessions.chooseOrganization(opened.session, connection.orgId, visitor);
    return { kind: 'signed_in', opened, next };
  }

  /** An answer that nobody waits for, or of another provider than was asked. */
  private strayed(connection: SsoConnection | undefined, visitor: Visitor): void {
    const by = attributionOf({ actor: { kind: 'user', id: 'unknown' }, ...visitor });
    const data = { reason: 'gone', ...(connection && { connectionId: connection.id }), by };
    const { orgId, id: subject } = connection ?? { orgId: PLATFORM_ORG, id: 'unknown' };
    const news = { type: 'identity.sign_in_failed', orgId, subject, data };
    this.counted.note({ ...news, alike: ['sso', visitor.origin.address], windowMs: STRAYED_WINDOW_MS });
  }

  private async failed({ orgId, id }: SsoConnection, visitor: Visitor, reason: string): Promise<void> {
    const by = attributionOf({ actor: { kind: 'user', id: 'unknown' }, ...visitor });
    const data = { reason, connectionId: id, by };
    await this.uow.tenant({ orgId }, (tx) =>
      this.outbox.append(tx, { type: 'identity.sign_in_failed', orgId, subject: id, data }),
    );
  }
}
