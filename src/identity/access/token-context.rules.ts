import { type Caller, isSkillScope, type Role, WORKER_SCOPES } from '@coorchat/contracts';
import { type Actor, type Authentication, isId, type TenantContext } from '@coorchat/kernel';
import { scopesInForce } from '../scopes-in-force.rules.js';
import type { AccessClaims } from './access-claims.js';

/** For approvals and other acts that need a person who signed in a moment ago. */
export const RECENT_SIGN_IN_MS = 15 * 60 * 1_000;

/** What a token stands for, whatever the request. */
export type Standing = Omit<TenantContext, 'requestId' | 'origin'>;

export interface Bearer {
  readonly actor: Actor;
  /** Of the member now; for tokens of people only. */
  readonly role?: Role;
  readonly presence: Caller['presence'];
}

/** Programs are nobody; people were there when they signed in, a moment ago or some time before. */
export function presenceOf({ kind }: Actor, { signedInAt }: AccessClaims, now: Date): Caller['presence'] {
  if (kind !== 'user') return 'program';
  const isRecent = signedInAt !== undefined && now.getTime() - signedInAt.getTime() < RECENT_SIGN_IN_MS;
  return isRecent ? 'recent' : 'person';
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

function scopesOf({ actor, role, presence }: Bearer, { scopes }: AccessClaims): ReadonlySet<string> {
  if (actor.kind !== 'worker') return scopesInForce({ scopes, presence, ...(role && { role }) });
  return new Set([...scopes].filter((scope) => OF_WORKERS.has(scope) || isSkillScope(scope)));
}

/** What a verified token stands for. */
export function standingOf(bearer: Bearer, claims: AccessClaims): Standing {
  const { orgId, clientId, tokenId, signedInAt, amr } = claims;
  const { actor, role } = bearer;
  return {
    orgId,
    actor,
    scopes: scopesOf(bearer, claims),
    ...(role && { member: { userId: actor.id, role } }),
    authentication: {
      method: methodOf(actor),
      clientId,
      credentialId: tokenId,
      ...(signedInAt && { signedInAt }),
      ...(amr && { amr }),
    },
  };
}
