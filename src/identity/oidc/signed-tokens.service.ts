import { Injectable } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import type { AdapterPayload } from 'oidc-provider';
import type { SystemTx } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Revocations } from '../../platform/revocation/index.js';
import { OauthClientStore } from './oauth-client.store.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import { recordHash } from './oidc-ids.js';
import { OidcRecordStore } from './oidc-record.store.js';
import { TokenHandles } from './token-handles.service.js';

/** As long as an access token lives, and a little. */
const REMEMBERED_S = 15 * 60;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function payloadOf(kind: string, claims: JWTPayload): AdapterPayload {
  const { iss: _, jti, iat, exp, aud, sub, scope, client_id: clientId, cnf, ...extra } = claims;
  const jkt = textOf((cnf as { jkt?: unknown } | undefined)?.jkt);
  return {
    ...{ kind, jti, iat, exp, aud, clientId, extra },
    ...(textOf(scope) !== undefined && { scope }),
    ...(kind === 'AccessToken' && { accountId: sub }),
    ...(jkt !== undefined && { jkt }),
  } as AdapterPayload;
}

/** Signed access tokens as if they were stored: found when they are good, destroyed by remembering their id. */
@Injectable()
export class SignedTokens {
  constructor(
    private readonly handles: TokenHandles,
    private readonly records: OidcRecordStore,
    private readonly clients: OauthClientStore,
    private readonly grants: OauthGrantStore,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  static isKind(kind: string): boolean {
    return kind === 'AccessToken' || kind === 'ClientCredentials';
  }

  async find(tx: SystemTx, kind: string, handle: string): Promise<AdapterPayload | undefined> {
    const claims = this.handles.claims(handle);
    const grantId = textOf(claims?.['grant_id']);
    if (claims === undefined || (kind === 'AccessToken') !== (grantId !== undefined)) return undefined;
    const isRevoked = await this.records.find(tx, 'RevokedToken', { hash: recordHash(claims.jti ?? '') });
    const behind = grantId
      ? await this.grants.findLive(tx, grantId)
      : await this.clients.findLive(tx, textOf(claims['client_id']) ?? '');
    return isRevoked || !behind ? undefined : payloadOf(kind, claims);
  }

  async destroy(tx: SystemTx, jti: string): Promise<void> {
    const hash = recordHash(jti);
    const record = { kind: 'RevokedToken', hash, sealedId: '', payload: {}, grantId: null, uid: null, userCode: null };
    if (!(await this.records.insertOnce(tx, { ...record, ttlS: REMEMBERED_S }))) return;
    await this.revocations.publish(tx, { kind: 'token', id: jti });
    const { client_id: clientId, org_id: orgId, sub } = this.handles.claimsOfId(jti) ?? {};
    const by = { actor: { kind: 'client', id: textOf(clientId) ?? 'unknown' }, requestId: '' };
    await this.outbox.append(tx, {
      ...{ type: 'identity.token_revoked', orgId: textOf(orgId) ?? 'platform', subject: jti, data: { by, for: sub } },
    });
  }
}
