import type { DirectoryRole } from '@coorchat/contracts';

const STRONGEST_FIRST: readonly DirectoryRole[] = ['admin', 'developer', 'billing', 'viewer'];

interface MappedGroup {
  readonly role: DirectoryRole | null;
  readonly members: readonly string[];
}

/** The strongest role of the groups that somebody is in; undefined when none has one. */
export function roleByGroups(groups: readonly MappedGroup[], memberId: string): DirectoryRole | undefined {
  const roles = new Set(groups.filter(({ members }) => members.includes(memberId)).map(({ role }) => role));
  return STRONGEST_FIRST.find((role) => roles.has(role));
}
