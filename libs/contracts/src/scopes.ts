/** What a credential may do. `skill:<id>` and `skill:*` come on top. */
export const SCOPES = [
  'worker:register',
  'worker:heartbeat',
  'task:accept',
  'task:report',
  'work:submit',
  'work:read',
  'work:cancel',
  'cluster:admin',
  'billing:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** What a worker's own credential carries. */
export const WORKER_SCOPES: readonly Scope[] = ['worker:register', 'worker:heartbeat', 'task:accept', 'task:report'];

/** What the key of a person or a program may carry; never a worker's scopes. */
export const KEY_SCOPES: readonly Scope[] = [
  'work:submit',
  'work:read',
  'work:cancel',
  'cluster:admin',
  'billing:read',
];
