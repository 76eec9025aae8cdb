import type { OauthClientView } from '@coorchat/contracts';
import type { OauthClientRow } from './oauth-client.store.js';

export function oauthClientView(row: OauthClientRow): OauthClientView {
  const { id, name, authMethod, secretPrefix, scopes, dpopBound, createdBy, createdAt, expiresAt } = row;
  return {
    ...{ id, name, authMethod, secretPrefix, scopes: [...scopes], dpopBound, createdBy },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
