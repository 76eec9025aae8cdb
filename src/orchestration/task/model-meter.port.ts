import type { Reason, Usage } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';

export interface ModelHold {
  readonly workRequestId: string;
  /** Absent for planning. */
  readonly attemptId?: string;
  readonly callId: string;
  readonly model: string;
  /** Characters of the whole prompt, from which its worst-case token count is estimated. */
  readonly promptChars: number;
  readonly maxTokens: number;
  /** What the attempt's grant allows; without it, the work request's budget alone decides. */
  readonly budgetMicros?: number;
}

export type HoldDecision =
  /** `maxTokens` is what the budget affords, at most what was asked for. */
  { readonly granted: true; readonly maxTokens: number } | { readonly granted: false; readonly reason: Reason };

export interface ModelSettlement {
  readonly callId: string;
  readonly workRequestId: string;
  readonly taskId?: string;
  readonly attemptId?: string;
  readonly workerId?: string;
  readonly model: string;
  readonly usage: Usage;
  /** The answer broke off: `usage` counts at least what was charged. False unless said. */
  readonly estimated?: boolean;
  readonly purpose: 'planning' | 'attempt';
}

/** Reserves and records the cost of model calls that go through the control plane; implemented by commerce. */
export abstract class ModelMeter {
  abstract hold(ctx: TenantContext, call: ModelHold): Promise<HoldDecision>;
  /** Replaces the hold by the call's actual cost, once per call id. */
  abstract settle(ctx: TenantContext, settlement: ModelSettlement): Promise<void>;
  /** Gives the hold back: the call cost nothing. */
  abstract release(ctx: TenantContext, callId: string): Promise<void>;
}
