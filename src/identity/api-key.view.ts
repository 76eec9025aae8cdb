import type { ApiKeyView } from '@coorchat/contracts';
import type { ApiKeyRow } from './api-key.store.js';

export function apiKeyView({
  id,
  name,
  prefix,
  scopes,
  userId,
  createdBy,
  replacedBy,
  ...dates
}: ApiKeyRow): ApiKeyView {
  return {
    id,
    name,
    prefix,
    kind: userId === null ? 'organization' : 'personal',
    userId,
    scopes,
    createdBy,
    createdAt: dates.createdAt.toISOString(),
    expiresAt: dates.expiresAt?.toISOString() ?? null,
    revokedAt: dates.revokedAt?.toISOString() ?? null,
    lastUsedAt: dates.lastUsedAt?.toISOString() ?? null,
    replacedBy,
  };
}
