import type { Grant } from '@coorchat/a2a';
import type { ReadyTask } from '../task/index.js';

export interface GrantFields {
  readonly attemptId: string;
  readonly fence: number;
  readonly workerId: string;
  /** Organization that owns the machine. */
  readonly providerOrgId: string;
  readonly budgetMicros: number;
  readonly now: Date;
}

/** An agent may use every server that the machine's owner shares; a tool task, only its own. */
function serversOf({ kind, tool }: ReadyTask): string[] {
  if (kind === 'agent') return ['*'];
  return tool?.server === undefined ? [] : [tool.server];
}

/** An agent may use the whole toolbox; a tool task, the tool that it names. */
function toolsOf({ kind, tool }: ReadyTask): string[] {
  if (kind === 'agent') return ['*'];
  return tool !== null && tool.server === undefined ? [tool.name] : [];
}

/**
 * What one attempt may do: the task's skill, which submitter, cluster and machine allow, or no more than our own steps
 * need; within the cluster's policy. The machine may narrow it.
 */
export function grantOf(task: ReadyTask, fields: GrantFields): Grant {
  const { now, ...rest } = fields;
  return {
    version: 1,
    ...rest,
    taskId: task.taskId,
    workRequestId: task.workRequestId,
    orgId: task.orgId,
    skill: task.skill,
    repository: task.repository?.url ?? null,
    tools: toolsOf(task),
    mcpServers: serversOf(task),
    network: task.policy.network,
    commands: task.neededSkill !== null && task.policy.allowCommands,
    ownModelKey: task.policy.allowWorkerModelKey,
    maxDurationMs: Math.max(1, task.deadlineAt.getTime() - now.getTime()),
    issuedAt: now.toISOString(),
    expiresAt: task.deadlineAt.toISOString(),
  };
}
