import {
  ANY_SKILL,
  isSkillScope,
  PERMISSIONS,
  type Role,
  type Scope,
  SCOPES,
  USER_SCOPES,
  WORKER_SCOPES,
} from '@coorchat/contracts';
import type { OwnMetadata } from './client-metadata.rules.js';

/** Scopes of OpenID Connect itself; they reach no resource. */
export const OIDC_SCOPES = ['openid', 'offline_access', 'profile', 'email'] as const;

/** For clients of people that name none. */
export const DEFAULT_USER_SCOPES: readonly string[] = ['work:read', 'work:submit', 'work:cancel', ANY_SKILL];

function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** Whether this client may ask for it at all. */
export function mayAsk(client: OwnMetadata, scope: string): boolean {
  if (client.scopes !== undefined) {
    return client.scopes.includes(scope) || (isSkillScope(scope) && client.scopes.includes(ANY_SKILL));
  }
  return isSkillScope(scope) || USER_SCOPES.some((each) => each === scope);
}

/** Scopes of our resource among those that are asked for; the rest belongs to OpenID Connect, or to nobody. */
export function resourceScopes(asked: Iterable<string>): string[] {
  return [...new Set(asked)].filter((scope) => isScope(scope) || isSkillScope(scope));
}

/** Those that the client may not ask for, or that do not exist. */
export function refusedScopes(client: OwnMetadata, asked: Iterable<string>): string[] {
  const known: readonly string[] = OIDC_SCOPES;
  return [...asked].filter((scope) => !known.includes(scope) && !mayAsk(client, scope));
}

/** Whether a machine asks to be let in. */
export function isOfMachine(scopes: Iterable<string>): boolean {
  return [...scopes].includes('worker:register');
}

function roleAllows(role: Role, scope: string): boolean {
  if (isSkillScope(scope)) return true;
  const permission = WORKER_SCOPES.some((each) => each === scope) ? 'cluster:admin' : scope;
  const rule = Object.entries(PERMISSIONS).find(([name]) => name === permission)?.[1];
  return rule !== undefined && rule.roles.some((each) => each === role);
}

/** What of it somebody with this role can hand on. */
export function grantableScopes(role: Role, asked: Iterable<string>): string[] {
  const allowed = resourceScopes(asked).filter((scope) => roleAllows(role, scope));
  return allowed.some((scope) => !isSkillScope(scope)) ? allowed : [];
}
