import type { Assignment, Failure, Grant } from '@coorchat/a2a';

/** What the machine's owner allows. It can only narrow a grant. */
export interface LocalPolicy {
  readonly workerId: string;
  readonly network: 'none' | 'full';
  readonly commands: boolean;
  readonly sandbox: 'none' | 'bubblewrap' | 'container';
  readonly mcpServers: readonly string[];
  /** Skills that the machine offers. */
  readonly skills: readonly string[];
  /** Whether a model can be asked at all. */
  readonly agent: boolean;
}

/** How busy the worker is at this moment. */
export interface Occupancy {
  readonly running: number;
  readonly slots: number;
  readonly draining: boolean;
  readonly journalFull: boolean;
}

/** Clocks of machines differ; durations, not this instant, bound the work. */
const CLOCK_SKEW_MS = 60_000;

function refuse(code: string, message: string, kind: Failure['class'] = 'worker'): Failure {
  return { class: kind, code: `worker.${code}`, message };
}

function grantFault({ grant, attemptId, fence }: Assignment, workerId: string, now: Date): Failure | undefined {
  if (grant.attemptId !== attemptId || grant.fence !== fence) {
    return refuse('grant_mismatch', 'The grant belongs to another attempt.');
  }
  if (grant.workerId !== workerId) return refuse('grant_of_other_worker', 'The grant was given to another worker.');
  if (Date.parse(grant.expiresAt) + CLOCK_SKEW_MS < now.getTime()) {
    return refuse('grant_expired', 'The grant has expired. Check that the clocks of both machines are right.');
  }
  return undefined;
}

function shapeFault({ role, kind, tool, repository, grant }: Assignment): Failure | undefined {
  if (repository && repository.url !== grant.repository) {
    return refuse('repository_not_granted', 'The grant does not allow this repository.', 'task');
  }
  if (role === 'prepare') {
    return repository ? undefined : refuse('no_repository', 'A prepare task needs a repository.', 'task');
  }
  if (kind === 'tool' && !tool) return refuse('no_tool', 'A tool task names its tool.', 'task');
  if (repository && repository.base === null) return refuse('base_unknown', 'The base commit is not pinned.', 'task');
  return undefined;
}

function ownerFault({ role, kind, tool, grant }: Assignment, policy: LocalPolicy): Failure | undefined {
  if (grant.orgId !== grant.providerOrgId && policy.sandbox === 'none') {
    return refuse('sandbox_required', 'Work of another organization needs a sandbox, and this machine has none.');
  }
  if (role === 'prepare') return undefined;
  if (grant.skill !== null && !policy.skills.includes(grant.skill)) {
    return refuse('skill_not_offered', `This machine does not offer skill ${grant.skill}.`);
  }
  if (kind === 'agent' && !policy.agent) return refuse('no_model', 'This worker has no access to a model.');
  if (!tool) return undefined;
  if (tool.server !== undefined && !policy.mcpServers.includes(tool.server)) {
    return refuse('no_such_server', `This worker has no MCP server "${tool.server}".`);
  }
  if (tool.server === undefined && tool.name === 'run_command' && !policy.commands) {
    return refuse('commands_forbidden', 'The owner of this machine does not allow commands.');
  }
  return undefined;
}

/** Why the worker does not take an assignment; undefined when it does. */
export function refusalOf(
  assignment: Assignment,
  given: { readonly policy: LocalPolicy; readonly occupancy: Occupancy; readonly now: Date },
): Failure | undefined {
  const { policy, occupancy, now } = given;
  if (occupancy.draining) return refuse('draining', 'The worker takes no more work.');
  const fault =
    grantFault(assignment, policy.workerId, now) ?? shapeFault(assignment) ?? ownerFault(assignment, policy);
  if (fault) return fault;
  if (occupancy.journalFull) return refuse('journal_full', 'The disk quota of the worker’s journal is used up.');
  if (occupancy.running >= occupancy.slots) {
    return refuse('no_slot', `All ${occupancy.slots} slots of the worker are taken.`);
  }
  return undefined;
}

/** The intersection of what the control plane granted and what the owner allows. */
export function narrowGrant(grant: Grant, policy: LocalPolicy): Grant {
  const all = grant.mcpServers.includes('*');
  return {
    ...grant,
    network: policy.network === 'none' ? 'none' : grant.network,
    commands: grant.commands && policy.commands,
    mcpServers: policy.mcpServers.filter((name) => all || grant.mcpServers.includes(name)),
  };
}
