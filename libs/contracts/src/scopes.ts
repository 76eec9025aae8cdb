/** OAuth scopes. `skill:<id>` and `skill:*` come on top: without one of them a token reaches no skill. */
export const SCOPES = [
  'worker:register',
  'worker:heartbeat',
  'task:accept',
  'task:report',
  'work:submit',
  'work:read',
  'work:cancel',
  'approval:answer',
  'cluster:admin',
  'billing:read',
  'audit:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** What a worker's own credential carries. */
export const WORKER_SCOPES: readonly Scope[] = ['worker:register', 'worker:heartbeat', 'task:accept', 'task:report'];

/** What the key of a person or a program may carry: never a worker's scopes, never a person's consent. */
export const KEY_SCOPES: readonly Scope[] = [
  'work:submit',
  'work:read',
  'work:cancel',
  'cluster:admin',
  'billing:read',
  'audit:read',
];

/** What a person who signs in may be asked for. */
export const USER_SCOPES: readonly Scope[] = [...KEY_SCOPES, 'approval:answer'];

export const ANY_SKILL = 'skill:*';

export type SkillScope = `skill:${string}`;

const SKILL_SCOPE = /^skill:(\*|[a-z0-9][a-z0-9._-]{0,63})$/;

export function isSkillScope(text: string): text is SkillScope {
  return SKILL_SCOPE.test(text);
}

/** Whether a caller with these scopes may use a skill. */
export function allowsSkill(scopes: ReadonlySet<string>, skill: string): boolean {
  return scopes.has(ANY_SKILL) || scopes.has(`skill:${skill}`);
}
