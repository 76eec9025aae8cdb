import type { AccessToken, ClientCredentials } from 'oidc-provider';
import { ownMetadata } from './client-metadata.rules.js';
import type { OauthGrant } from './oauth-grant.store.js';

/** What an access token of ours says besides RFC 9068's own claims (iss, sub, aud, exp, iat, jti, client_id, scope, cnf). */
export interface OwnClaims {
  readonly org_id: string;
  /** Generation of the client's scopes; tokens of clients only. */
  readonly client_gen?: number;
  /** Revocation of kind `grant`; tokens of people only. */
  readonly grant_id?: string;
  /** Browser session in which the person agreed, `ses_…`. */
  readonly sid?: string;
  /** Seconds since 1970. */
  readonly auth_time?: number;
  readonly amr?: readonly string[];
}

type Token = AccessToken | ClientCredentials;

export function claimsOfGrant({ orgId, id, sessionId, amr, signedInAt }: OauthGrant, isSessionBound: boolean) {
  return {
    org_id: orgId,
    grant_id: id,
    ...(isSessionBound && { sid: sessionId }),
    auth_time: Math.floor(signedInAt.getTime() / 1_000),
    amr: [...amr],
  };
}

export function isOfPerson(token: Token): token is AccessToken {
  return token.kind === 'AccessToken';
}

/** A client's own token. */
export function claimsOfClient({ client }: ClientCredentials) {
  const { orgId, generation } = ownMetadata({ ...client });
  return { org_id: orgId, ...(generation !== undefined && { client_gen: generation }) };
}

/** `sub` of a client's own token: the worker that it is, else the client. */
export function subjectOf(token: Token): string | undefined {
  if (isOfPerson(token)) return token.accountId;
  const { client } = token;
  return client && (ownMetadata({ ...client }).workerId ?? client.clientId);
}
