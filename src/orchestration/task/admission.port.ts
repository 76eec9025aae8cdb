import type { Reason } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';

export interface AdmissionRequest {
  readonly orgId: string;
  readonly workRequestId: string;
  readonly taskId: string;
  readonly kind: 'agent' | 'tool';
}

export type AdmissionDecision =
  /** Model spending of the attempt stops at `budgetMicros` (millionths of a US dollar). */
  { readonly admitted: true; readonly budgetMicros: number } | { readonly admitted: false; readonly reason: Reason };

/** May these tasks start now? Asked by the scheduler within its pass; implemented by commerce. */
export abstract class Admission {
  /** One answer per task id. Locks budgets in sorted order; runs in the scheduler's transaction. */
  abstract admit(tx: Tx, tasks: readonly AdmissionRequest[]): Promise<Map<string, AdmissionDecision>>;
}
