import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { JWK } from 'jose';
import { newId } from '@coorchat/kernel';
import type { LivePerson } from './person-tokens.service.js';
import { OIDC_SCOPES } from './asked-scopes.rules.js';
import { DASHBOARD_CLIENT_ID, OWN_METADATA, ownMetadata } from './client-metadata.rules.js';
import { SIGNING_ALG } from './key-material.js';
import { OidcAdapter, type AdapterParts } from './oidc-adapter.js';
import { resourceServerOf } from './resource-server.js';
import { claimsOfClient, claimsOfGrant, isOfPerson, subjectOf } from './token-claims.js';

export interface ConfigurationParts extends AdapterParts {
  /** Private keys, the signing one first. */
  readonly jwks: readonly JWK[];
  readonly dpopNonceSecret: Buffer;
  findPerson(userId: string, grantId: string | undefined): Promise<LivePerson | undefined>;
  renderError(ctx: KoaContextWithOIDC, message: string): void;
}

export const OIDC_PATH = '/oidc';
export const INTERACTION_PATH = '/auth/interaction';
export const DEVICE_PATH = '/auth/device';

const MINUTE_S = 60;
const DAY_S = 86_400;
/** A grant ends, and the person is asked again. */
export const GRANT_TTL_S = 180 * DAY_S;
const REFRESH_TTL_S = 30 * DAY_S;
/** Longer-lived assertions would have to be remembered for as long. */
const MAX_ASSERTION_S = 10 * MINUTE_S;
const MAX_MACHINE_LENGTH = 4_000;

type Values<T> = { -readonly [K in keyof T]: T[K] };

function jsonObject(text: string | undefined): void {
  if (text === undefined) return;
  try {
    const value: unknown = text.length > MAX_MACHINE_LENGTH ? undefined : JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  } catch {
    // Told below.
  }
  throw new errors.InvalidRequest('machine must be a JSON object of at most 4000 characters');
}

function checkAssertion(claims: Record<string, unknown>): void {
  const { exp, iat } = claims;
  const now = Math.floor(Date.now() / 1_000);
  if (typeof exp !== 'number' || exp > now + MAX_ASSERTION_S + MINUTE_S) {
    throw new errors.InvalidClientAuth('the assertion lives too long');
  }
  if (typeof iat === 'number' && iat > now + MINUTE_S)
    throw new errors.InvalidClientAuth('the assertion is of the future');
}

/** One's own tokens, and those in the organization of a service. */
function maySee(client: Client, token: { clientId?: string | undefined; extra?: unknown }): boolean {
  if (token.clientId === client.clientId) return true;
  const { kind, orgId } = ownMetadata({ ...client });
  const extra = token.extra as { org_id?: unknown } | undefined;
  return kind === 'service' && orgId !== undefined && extra?.org_id === orgId;
}

const SIGNATURES = [SIGNING_ALG] as const;

/** Names and places; nothing here decides. */
function surface(publicUrl: string) {
  const isSecure = publicUrl.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax' as const, secure: isSecure, signed: true };
  const [host, secure] = isSecure ? ['__Host-', '__Secure-'] : ['', ''];
  return {
    routes: {
      authorization: `${OIDC_PATH}/auth`,
      token: `${OIDC_PATH}/token`,
      jwks: `${OIDC_PATH}/jwks`,
      introspection: `${OIDC_PATH}/token/introspection`,
      revocation: `${OIDC_PATH}/token/revocation`,
      pushed_authorization_request: `${OIDC_PATH}/par`,
      registration: `${OIDC_PATH}/register`,
      device_authorization: `${OIDC_PATH}/device/auth`,
      code_verification: DEVICE_PATH,
      end_session: `${OIDC_PATH}/session/end`,
    },
    cookies: {
      names: {
        session: `${host}coorchat-oidc`,
        interaction: `${secure}coorchat-interaction`,
        resume: `${secure}coorchat-resume`,
      },
      long: cookie,
      short: cookie,
    },
  };
}

function lifetimes(): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: 10 * MINUTE_S,
    ClientCredentials: 10 * MINUTE_S,
    AuthorizationCode: MINUTE_S,
    DeviceCode: 10 * MINUTE_S,
    IdToken: 10 * MINUTE_S,
    Interaction: 60 * MINUTE_S,
    Session: 60 * MINUTE_S,
    Grant: GRANT_TTL_S,
    RefreshToken: (ctx) => {
      const until = ctx.oidc.entities.Grant?.exp ?? Infinity;
      return Math.max(1, Math.min(REFRESH_TTL_S, until - Math.floor(Date.now() / 1_000)));
    },
  };
}

function features({ publicUrl, dpopNonceSecret }: ConfigurationParts): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => maySee(client, token) },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****' },
    dPoP: { enabled: true, nonceSecret: dpopNonceSecret, requireNonce: () => false },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true, idFactory: () => newId('oauthClient'), issueRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) =>
        Array.isArray(oneOf) ? (oneOf[0] ?? publicUrl) : (oneOf ?? publicUrl),
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => resourceServerOf(ctx, { resource, client, publicUrl }),
    },
  };
}

function signatures() {
  return {
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256'],
      idTokenSigningAlgValues: [...SIGNATURES],
      requestObjectSigningAlgValues: [...SIGNATURES],
      dPoPSigningAlgValues: ['ES256', 'Ed25519', 'EdDSA'],
    },
  } satisfies Partial<Configuration>;
}

/** How oidc-provider is set up: OAuth 2.1 without implicit and password grants, JWT access tokens, PKCE always. */
export function providerConfiguration(parts: ConfigurationParts): Configuration {
  const { publicUrl } = parts;
  const adapter = (kind: string) => new OidcAdapter(kind, parts);
  return {
    ...surface(publicUrl),
    adapter,
    jwks: { keys: [...parts.jwks] as Values<JWK>[] as NonNullable<Configuration['jwks']>['keys'] },
    ttl: lifetimes(),
    features: features(parts),
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: SIGNING_ALG },
    extraClientMetadata: { properties: [...OWN_METADATA] },
    extraParams: { organization: null, machine: (_ctx, value) => jsonObject(value) },
    ...signatures(),
    clockTolerance: 15,
    assertJwtClientAuthClaimsAndHeader: async (_ctx, claims) => checkAssertion(claims),
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : ctx.oidc.provider.Grant.find(grantId);
    },
    interactions: { url: (_ctx, { uid }) => `${INTERACTION_PATH}/${uid}` },
    ...accountHooks(parts),
    renderError: (ctx, { error, error_description: description }) => parts.renderError(ctx, description ?? error),
  };
}

function accountHooks({ findPerson }: ConfigurationParts) {
  return {
    findAccount: async (_ctx, sub, token) => {
      const grantId = token && 'grantId' in token && typeof token.grantId === 'string' ? token.grantId : undefined;
      const person = await findPerson(sub, grantId);
      if (person === undefined) return undefined;
      const { email, name } = person.account;
      return { accountId: sub, claims: () => ({ sub, email, email_verified: true, name }) };
    },
    extraTokenClaims: async (_ctx, token) => {
      if (!isOfPerson(token)) return claimsOfClient(token);
      const person = await findPerson(token.accountId, token.grantId);
      if (person?.grant === undefined) throw new errors.InvalidGrant('what the person agreed to has ended');
      return claimsOfGrant(person.grant, token.clientId === DASHBOARD_CLIENT_ID);
    },
    formats: {
      customizers: {
        jwt: async (_ctx, token, jwt) => {
          const subject = subjectOf(token);
          if (subject !== undefined) jwt.payload.sub = subject;
        },
      },
    },
  } satisfies Partial<Configuration>;
}
