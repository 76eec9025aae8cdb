import { AppError } from '@coorchat/kernel';
import type { SkillSources } from './skill.rules.js';
import type { PlanFault } from './work.types.js';

export function workRequestNotFound(workRequestId: string): AppError {
  return new AppError({
    code: 'task.work_request_not_found',
    kind: 'not_found',
    message: `There is no work request ${workRequestId}.`,
  });
}

export function taskNotFound(taskId: string): AppError {
  return new AppError({ code: 'task.task_not_found', kind: 'not_found', message: `There is no task ${taskId}.` });
}

export function artifactNotFound(artifactId: string): AppError {
  return new AppError({
    code: 'task.artifact_not_found',
    kind: 'not_found',
    message: `There is no artifact ${artifactId}.`,
  });
}

export function artifactGone(what: string): AppError {
  return new AppError({
    code: 'task.artifact_gone',
    kind: 'not_found',
    message: `The content of ${what} is not kept any more.`,
  });
}

export function idempotencyConflict(): AppError {
  return new AppError({
    code: 'task.idempotency_conflict',
    kind: 'conflict',
    message: 'This idempotency key was used before with another body. Use a new key for new work.',
  });
}

export function invalidIdempotencyKey(): AppError {
  return new AppError({
    code: 'task.invalid_idempotency_key',
    kind: 'invalid',
    message: 'An idempotency key has 1 to 200 visible ASCII characters.',
  });
}

const MAX_LISTED = 50;

/** All faults in the details; the first one's code names the error. */
export function invalidPlan(faults: readonly PlanFault[]): AppError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new AppError({
    code: first?.code ?? 'task.plan_invalid',
    kind: 'invalid',
    message: first
      ? `The plan cannot be used: ${first.path && `${first.path}: `}${first.message}${more}`
      : 'The plan cannot be used.',
    details: { faults: faults.slice(0, MAX_LISTED) },
  });
}

/** As scopes: `skill:<id>`, and `skill:*` for tasks that name none and may come to use any. */
export function skillsNotHeld(scopes: readonly string[]): AppError {
  return new AppError({
    code: 'task.skills_not_held',
    kind: 'forbidden',
    message: `This credential may not use every skill of the work; it lacks ${scopes.slice(0, 5).join(', ')}${scopes.length > 5 ? ', …' : ''}. A task that names no skill needs skill:*.`,
    details: { scopes: scopes.slice(0, MAX_LISTED) },
  });
}

const listed = (skills: Iterable<string>): string => [...skills].sort().slice(0, 20).join(', ') || 'none';

/** Says what each of the three allows, so that whoever reads it sees which one to change. */
export function noSkillPlannable({ submitter, cluster, machines }: SkillSources): AppError {
  const offered = listed(machines.named);
  return new AppError({
    code: 'task.no_skill_plannable',
    kind: 'forbidden',
    message: `Nothing can be planned for this work: no skill is allowed by the credential (${listed(submitter)}), allowed by the cluster (${listed(cluster)}) and granted to one of its machines (${offered}) at once. Use a credential with another skill:<id>, or change the cluster (PATCH /v1/clusters/{id}, skills) or a machine (PATCH /v1/workers/{id}, skills).`,
    details: { submitter, cluster, machines: [...machines.named].sort().slice(0, MAX_LISTED) },
  });
}

export function noModelKey(taskKeys: readonly string[]): AppError {
  const named = taskKeys.slice(0, 5).join(', ') + (taskKeys.length > 5 ? ', …' : '');
  return new AppError({
    code: 'task.no_model_key',
    kind: 'precondition',
    message: `The plan has agent tasks (${named}), and the control plane has no key for their model. Set ANTHROPIC_API_KEY and start it again, or let workers use keys of their own (allowWorkerModelKey of the cluster); tool tasks need none.`,
    details: { tasks: taskKeys.slice(0, MAX_LISTED) },
  });
}

export function resultNotReady(status: string): AppError {
  return new AppError({
    code: 'task.result_not_ready',
    kind: 'conflict',
    message: `The work request is ${status}: its result is there once it is completed.`,
    details: { status },
  });
}

export function noResultBundle(): AppError {
  return new AppError({
    code: 'task.no_result_bundle',
    kind: 'conflict',
    message: 'The work request completed without commits, so there is no bundle.',
  });
}

export function invalidEventCursor(): AppError {
  return new AppError({
    code: 'task.invalid_event_cursor',
    kind: 'invalid',
    message: 'Last-Event-ID and `after` are numbers of events: 0 or more.',
  });
}

export function tenantOnly(): AppError {
  return new AppError({
    code: 'task.tenant_only',
    kind: 'internal',
    message: 'What a worker says is applied in the organization that its attempt belongs to.',
  });
}
