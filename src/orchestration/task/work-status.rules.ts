import type { WorkStatus } from '@coorchat/contracts';

export const TERMINAL_WORK_STATUSES = ['completed', 'failed', 'canceled'] as const satisfies WorkStatus[];

/** What a request's status depends on, read under the lock of its row. */
export interface WorkSituation {
  readonly status: WorkStatus;
  readonly cancelRequested: boolean;
  /** Tasks that have not ended. */
  readonly openTasks: number;
  /** Whether a plan is stored, so that the graph is whole. */
  readonly planned: boolean;
  /** Whether a `prepare` task is among the open ones. */
  readonly preparing: boolean;
  /** Whether a final task made commits that are to be delivered. */
  readonly hasCommits: boolean;
}

export type WorkStep =
  | { readonly step: 'none' }
  | { readonly step: 'become'; readonly status: WorkStatus }
  /** All tasks are done; the request completes when its commits are delivered. */
  | { readonly step: 'deliver' };

export function isTerminalWork(status: WorkStatus): status is (typeof TERMINAL_WORK_STATUSES)[number] {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

function whileOpen({ status, preparing, planned }: WorkSituation): WorkStep {
  return status === 'pending' && planned && !preparing ? { step: 'become', status: 'executing' } : { step: 'none' };
}

function whenDone({ planned, status, hasCommits }: WorkSituation): WorkStep {
  if (!planned) return status === 'pending' ? { step: 'become', status: 'planning' } : { step: 'none' };
  return hasCommits ? { step: 'deliver' } : { step: 'become', status: 'completed' };
}

/** What follows for the request when one of its tasks completed or was canceled. Failures fail it elsewhere. */
export function nextWorkStep(situation: WorkSituation): WorkStep {
  if (isTerminalWork(situation.status)) return { step: 'none' };
  if (situation.openTasks > 0) return situation.cancelRequested ? { step: 'none' } : whileOpen(situation);
  return situation.cancelRequested ? { step: 'become', status: 'canceled' } : whenDone(situation);
}
