import { type Origin, type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { Authenticator, ChallengedError, type PresentedCredential } from '../platform/http/index.js';
import { looksLikeToken } from './access/access-tokens.service.js';
import { type ShownToken, TokenAuthenticator } from './access/token-authenticator.service.js';
import { ApiKeys } from './api-keys.service.js';
import { credentialOf } from './bearer.rules.js';
import type { LiveKey } from './key-lookup.service.js';
import { scopesInForce } from './scopes-in-force.rules.js';

const PROOF_HEADER = 'dpop';
const MAX_USER_AGENT = 300;

/** Access tokens and API keys; the tenant comes from the credential only. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: TokenAuthenticator,
  ) {
    super();
  }

  override async authenticate(presented: PresentedCredential): Promise<TenantContext | undefined> {
    const { headers, requestId } = presented;
    const shown = shownToken(presented);
    if (shown) return this.byToken(shown);
    const secret = credentialOf(headers);
    if (secret === undefined) return undefined;
    const origin = originOf(presented);
    const key = await this.keys.find(secret);
    return key && keyContext(key, requestId, origin);
  }

  private async byToken(shown: ShownToken): Promise<TenantContext> {
    const outcome = await this.tokens.authenticate(shown);
    if ('challenge' in outcome) throw new ChallengedError(outcome.challenge);
    return outcome.context;
  }
}

/** For the audit trail. */
function originOf({ headers, address }: PresentedCredential): Origin {
  const userAgent = headers['user-agent']?.slice(0, MAX_USER_AGENT);
  const traceId = /^[\da-f]{2}-([\da-f]{32})-/.exec(String(headers['traceparent']))?.[1];
  return { ...(address && { address }), ...(userAgent && { userAgent }), ...(traceId && { traceId }) };
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
