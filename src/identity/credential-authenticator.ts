import { type Origin, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import {
  Authenticator,
  ChallengedError,
  type EndedCredential,
  originOf,
  ownedBy,
  type CredentialOwner,
  type PresentedCredential,
} from '../platform/http/index.js';
import { looksLikeToken } from './access/access-tokens.service.js';
import { type ShownToken, TokenAuthenticator } from './access/token-authenticator.service.js';
import { ApiKeys } from './api-keys.service.js';
import { credentialOf } from './bearer.rules.js';
import type { KnownKey } from './api-key.store.js';
import type { LiveKey } from './key-lookup.service.js';
import { scopesInForce } from './scopes-in-force.rules.js';

const PROOF_HEADER = 'dpop';

/** Access tokens and API keys; the tenant comes from the credential only. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: TokenAuthenticator,
  ) {
    super();
  }

  override async authenticate(presented: PresentedCredential): Promise<TenantContext | EndedCredential | undefined> {
    const { headers, requestId } = presented;
    const shown = shownToken(presented);
    if (shown) return this.byToken(shown);
    const secret = credentialOf(headers);
    if (secret === undefined) return undefined;
    const origin = originOf(presented);
    const key = await this.keys.look(secret);
    if (key?.ended) return { refused: keyOwner(key) };
    return key && keyContext(key, requestId, origin);
  }

  private async byToken(shown: ShownToken): Promise<TenantContext> {
    const outcome = await this.tokens.authenticate(shown);
    if ('challenge' in outcome) throw ownedBy(new ChallengedError(outcome.challenge), outcome.owner);
    return outcome.context;
  }
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

function keyContext(key: LiveKey, requestId: string, origin: Origin): TenantContext {
  const { orgId, id, userId, role } = key;
  return tenantContext({
    orgId,
    actor: { kind: 'api_key', id },
    scopes: scopesInForce({ scopes: new Set(key.scopes), presence: 'program', ...(role && { role }) }),
    ...(userId !== null && role && { member: { userId, role } }),
    requestId,
    authentication: { method: 'api_key', credentialId: id },
    origin,
  });
}
