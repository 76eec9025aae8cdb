import { isSkillScope, type Role, WORKER_SCOPES } from '@coorchat/contracts';
import {
  type Actor,
  type Authentication,
  isId,
  type Origin,
  type TenantContext,
  tenantContext,
} from '@coorchat/kernel';
import { scopesInForce } from '../scopes-in-force.rules.js';
import type { AccessClaims } from './access-claims.js';

/** For approvals and other acts that need a person who signed in a moment ago. */
export const RECENT_SIGN_IN_MS = 15 * 60 * 1_000;

export interface TokenUse {
  readonly requestId: string;
  readonly origin?: Origin;
  /** Of the member now; for tokens of people only. */
  readonly role?: Role;
  readonly now: Date;
}

/** Undefined for a subject that is none of ours. */
export function actorOf({ subject }: AccessClaims): Actor | undefined {
  if (isId('user', subject)) return { kind: 'user', id: subject };
  if (isId('worker', subject)) return { kind: 'worker', id: subject };
  return isId('oauthClient', subject) ? { kind: 'client', id: subject } : undefined;
}

/** Whose token it is, whatever it is still worth. */
export function tokenOwner(claims: AccessClaims): { orgId: string; actor: Actor; authentication: Authentication } {
  const { orgId, subject, clientId, tokenId } = claims;
  const actor = actorOf(claims) ?? { kind: 'client', id: subject };
  return { orgId, actor, authentication: { method: methodOf(actor), clientId, credentialId: tokenId } };
}

function methodOf({ kind }: Actor): Authentication['method'] {
  return kind === 'worker' ? 'worker' : 'access_token';
}

const OF_WORKERS: ReadonlySet<string> = new Set(WORKER_SCOPES);

function scopesOf(actor: Actor, claims: AccessClaims, { role, now }: TokenUse): ReadonlySet<string> {
  const { scopes, signedInAt } = claims;
  if (actor.kind === 'worker') {
    return new Set([...scopes].filter((scope) => OF_WORKERS.has(scope) || isSkillScope(scope)));
  }
  if (actor.kind !== 'user') return scopesInForce({ scopes, presence: 'program' });
  const isRecent = signedInAt !== undefined && now.getTime() - signedInAt.getTime() < RECENT_SIGN_IN_MS;
  return scopesInForce({ scopes, presence: isRecent ? 'recent' : 'person', ...(role && { role }) });
}

/** What a verified token stands for. */
export function tokenContext(actor: Actor, claims: AccessClaims, use: TokenUse): TenantContext {
  const { orgId, clientId, tokenId, signedInAt, amr } = claims;
  return tenantContext({
    orgId,
    actor,
    scopes: scopesOf(actor, claims, use),
    ...(use.role && { member: { userId: actor.id, role: use.role } }),
    requestId: use.requestId,
    authentication: {
      method: methodOf(actor),
      clientId,
      credentialId: tokenId,
      ...(signedInAt && { signedInAt }),
      ...(amr && { amr }),
    },
    ...(use.origin && { origin: use.origin }),
  });
}
