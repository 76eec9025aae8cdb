import type { Scope } from './scopes.js';

/** Roles of a member in an organization. */
export const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;

export type Role = (typeof ROLES)[number];

export interface PermissionRule {
  /** For people: completes "may …". */
  readonly what: string;
  readonly roles: readonly Role[];
  /** A token or key needs one of these scopes. */
  readonly scopes: readonly Scope[];
  /** `anyone`: keys and programs, too; `person`: a signed-in person; `recent`: one who signed in lately. */
  readonly by: 'anyone' | 'person' | 'recent';
}

const EVERYONE = ROLES;
const STAFF: readonly Role[] = ['owner', 'admin'];
const BUILDERS: readonly Role[] = ['owner', 'admin', 'developer'];

/** The one table of who may do what in an organization; guards, documentation and dashboard read it. */
export const PERMISSIONS = {
  'work:submit': { what: 'submit work', roles: BUILDERS, scopes: ['work:submit'], by: 'anyone' },
  'work:read': {
    what: 'read work, workers, repositories and the catalog',
    roles: ['owner', 'admin', 'developer', 'viewer'],
    scopes: ['work:read'],
    by: 'anyone',
  },
  'work:cancel': { what: 'cancel work', roles: BUILDERS, scopes: ['work:cancel'], by: 'anyone' },
  'approval:answer': { what: 'approve or deny', roles: BUILDERS, scopes: ['approval:answer'], by: 'recent' },
  'cluster:admin': {
    what: 'manage clusters, workers and repositories',
    roles: STAFF,
    scopes: ['cluster:admin'],
    by: 'anyone',
  },
  'organization:read': {
    what: 'see the organization and its members',
    roles: EVERYONE,
    scopes: ['work:read', 'cluster:admin', 'billing:read', 'audit:read'],
    by: 'anyone',
  },
  'organization:manage': {
    what: 'change name and settings of the organization',
    roles: STAFF,
    scopes: ['cluster:admin'],
    by: 'anyone',
  },
  'organization:export': { what: 'export everything', roles: ['owner'], scopes: ['cluster:admin'], by: 'recent' },
  'organization:delete': {
    what: 'delete the organization, or call that off',
    roles: ['owner'],
    scopes: ['cluster:admin'],
    by: 'recent',
  },
  'organization:transfer': { what: 'hand on the ownership', roles: ['owner'], scopes: ['cluster:admin'], by: 'recent' },
  'members:manage': {
    what: 'invite and remove members, change their roles',
    roles: STAFF,
    scopes: ['cluster:admin'],
    by: 'person',
  },
  'keys:create': {
    what: 'make API keys for oneself, and see, rotate and revoke them',
    roles: BUILDERS,
    scopes: ['work:submit', 'cluster:admin'],
    by: 'anyone',
  },
  'keys:manage': { what: 'see and revoke everyone’s API keys', roles: STAFF, scopes: ['cluster:admin'], by: 'anyone' },
  'clients:manage': { what: 'manage OAuth clients', roles: STAFF, scopes: ['cluster:admin'], by: 'anyone' },
  'sso:manage': {
    what: 'manage single sign-on, domains and SCIM',
    roles: STAFF,
    scopes: ['cluster:admin'],
    by: 'person',
  },
  'billing:read': {
    what: 'see costs and invoices',
    roles: ['owner', 'admin', 'billing'],
    scopes: ['billing:read'],
    by: 'anyone',
  },
  'billing:manage': {
    what: 'manage plan, payment and spend limits',
    roles: ['owner', 'billing'],
    scopes: ['billing:read'],
    by: 'person',
  },
  'audit:read': { what: 'read and export the audit trail', roles: STAFF, scopes: ['audit:read'], by: 'anyone' },
} as const satisfies Record<string, PermissionRule>;

/** Permissions of people and keys. Routes ask for these; a worker's own routes ask for its scopes. */
export type Permission = keyof typeof PERMISSIONS;

export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[];

export interface Caller {
  readonly scopes: ReadonlySet<string>;
  /** Absent for keys and programs, which act for the organization. */
  readonly role?: Role;
  /** `recent`: signed in within the last minutes. */
  readonly presence: 'program' | 'person' | 'recent';
}

const PRESENCE = { program: 0, person: 1, recent: 2 } as const;
const NEEDED = { anyone: 0, person: 1, recent: 2 } as const;

function has({ scopes, role, presence }: Caller, rule: PermissionRule): boolean {
  if (PRESENCE[presence] < NEEDED[rule.by]) return false;
  if (role !== undefined && !rule.roles.includes(role)) return false;
  return rule.scopes.some((scope) => scopes.has(scope));
}

/** What a caller may do: its scopes, cut down to its role and to how it signed in. */
export function permissionsOf(caller: Caller): Set<Permission> {
  return new Set(PERMISSION_NAMES.filter((name) => has(caller, PERMISSIONS[name])));
}
