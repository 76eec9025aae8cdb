import type { Tx } from '../../platform/db/index.js';

export interface OpenBudget {
  readonly orgId: string;
  readonly workRequestId: string;
  /** Millionths of a US dollar. */
  readonly limitMicros: number;
}

/** Opens the budget of a work request in the transaction that submits it; implemented by commerce. */
export abstract class SpendingPort {
  abstract open(tx: Tx, budget: OpenBudget): Promise<void>;
}
