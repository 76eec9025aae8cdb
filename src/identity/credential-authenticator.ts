import { type Origin, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import {
  type Admission,
  Authenticator,
  ChallengedError,
  type CredentialOwner,
  originOf,
  ownedBy,
  type PresentedCredential,
} from '../platform/http/index.js';
import { looksLikeToken } from './access/access-tokens.service.js';
import { type ShownToken, TokenAuthenticator } from './access/token-authenticator.service.js';
import type { Standing } from './access/token-context.rules.js';
import type { KnownKey } from './api-key.store.js';
import { ApiKeys } from './api-keys.service.js';
import { credentialOf } from './bearer.rules.js';
import type { LiveKey } from './key-lookup.service.js';
import { scopesInForce } from './scopes-in-force.rules.js';

const PROOF_HEADER = 'dpop';
/** Of the scheme, as clients spell it; others take the longer way. */
const BEARER = 'Bearer ';
/** How the header of a JWT begins: `{"`. */
const JWT = 'eyJ';

/** Access tokens and API keys; the tenant comes from the credential only. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  private readonly keyStandings = new WeakMap<LiveKey, Standing>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: TokenAuthenticator,
  ) {
    super();
  }

  override authenticate(presented: PresentedCredential): Admission | Promise<Admission> {
    const known = this.known(presented.headers.authorization);
    return known ? contextOf(known, presented) : this.lookUp(presented);
  }

  /** A bearer that was seen a moment ago: what it stands for is still there. */
  private known(authorization = ''): Standing | undefined {
    if (!authorization.startsWith(BEARER)) return undefined;
    const credential = authorization.slice(BEARER.length);
    if (credential.startsWith(JWT)) return this.tokens.known(credential);
    const key = this.keys.known(credential);
    return key && this.keyStanding(key);
  }

  private async lookUp(presented: PresentedCredential): Promise<Admission> {
    const shown = shownToken(presented);
    if (shown) return this.byToken(shown);
    const secret = credentialOf(presented.headers);
    const key = secret === undefined ? undefined : await this.keys.look(secret);
    if (key?.ended) return { refused: keyOwner(key) };
    return key && contextOf(this.keyStanding(key), presented);
  }

  private async byToken(shown: ShownToken): Promise<TenantContext> {
    const outcome = await this.tokens.authenticate(shown);
    if ('challenge' in outcome) throw ownedBy(new ChallengedError(outcome.challenge), outcome.owner);
    return outcome.context;
  }

  private keyStanding(key: LiveKey): Standing {
    const known = this.keyStandings.get(key);
    if (known) return known;
    const standing = standingOf(key);
    this.keyStandings.set(key, standing);
    return standing;
  }
}

function contextOf(standing: Standing, presented: PresentedCredential): TenantContext {
  const origin: Origin = originOf(presented);
  return tenantContext({ ...standing, requestId: presented.requestId, origin });
}

/** Undefined for API keys, and for nothing at all. */
function shownToken(presented: PresentedCredential): ShownToken | undefined {
  const { headers, method, path, requestId } = presented;
  const [, scheme = '', token = ''] = /^(Bearer|DPoP) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const isBound = scheme.toLowerCase() === 'dpop';
  if (!isBound && !looksLikeToken(token)) return undefined;
  const proof = headers[PROOF_HEADER];
  return {
    scheme: isBound ? 'dpop' : 'bearer',
    token,
    proof: typeof proof === 'string' ? proof : undefined,
    host: headers.host,
    ...{ method, path, requestId, origin: originOf(presented) },
  };
}

function keyOwner({ orgId, id }: KnownKey): CredentialOwner {
  return { orgId, actor: { kind: 'api_key', id }, authentication: { method: 'api_key', credentialId: id } };
}

function standingOf(key: LiveKey): Standing {
  const { orgId, id, userId, role } = key;
  return {
    orgId,
    actor: { kind: 'api_key', id },
    scopes: scopesInForce({ scopes: new Set(key.scopes), presence: 'program', ...(role && { role }) }),
    ...(userId !== null && role && { member: { userId, role } }),
    authentication: { method: 'api_key', credentialId: id },
  };
}
