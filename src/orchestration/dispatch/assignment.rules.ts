import { Role, type SendMessageRequest } from '@a2a-js/sdk';
import { type AssignedRepository, dataPart, type SentAssignment, TASK_EXTENSION_URI } from '@coorchat/a2a';
import { type SendableAttempt, taskBranch } from '../task/index.js';

export interface AttemptApi {
  readonly url: string;
  readonly token: string;
}

function assignedRepository(attempt: SendableAttempt): AssignedRepository | null {
  if (!attempt.repository) return null;
  const { url, ref, base, objectFormat, baseBundle } = attempt.repository;
  const branch = taskBranch(attempt.workRequestId, attempt.task.key);
  return { url, ref, base, objectFormat, branch, baseBundle };
}

/** `grant` is the attempt's, signed. */
export function assignmentOf(
  attempt: SendableAttempt,
  { api, grant }: { api: AttemptApi; grant: string },
): SentAssignment {
  const { attemptId, fence, task, goal, upstreams, leaseMs } = attempt;
  return {
    version: 1,
    attemptId,
    fence,
    ...task,
    goal,
    repository: assignedRepository(attempt),
    upstreams: [...upstreams],
    checks: attempt.repository?.checks ?? {},
    grant,
    api,
    leaseMs,
  };
}

/** Message id, context id and A2A task id are the attempt's id: a repeat and an orphan are recognised. */
export function assignmentMessage(assignment: SentAssignment): SendMessageRequest {
  return {
    tenant: '',
    message: {
      messageId: assignment.attemptId,
      contextId: assignment.attemptId,
      taskId: '',
      role: Role.ROLE_USER,
      parts: [dataPart(assignment)],
      metadata: undefined,
      extensions: [TASK_EXTENSION_URI],
      referenceTaskIds: [],
    },
    configuration: undefined,
    metadata: undefined,
  };
}
