import type { Assignment, Progress, ReportedUsage } from '@coorchat/a2a';
import type { BlobReference, BlobStore } from './blob-store.port.js';
import type { ToolSession } from './tools.port.js';

/** The last checkpoint of one attempt, kept durably; it survives a restart of the worker. */
export interface CheckpointStore {
  /** Undefined for a fresh attempt. The value is what `save` got, through JSON. */
  load(): Promise<unknown>;
  save(checkpoint: unknown): Promise<void>;
}

/** What happens on the way. Each call becomes one journalled event. */
export type AttemptNews =
  | { readonly progress: Progress }
  /** Only for calls that the worker's own key paid. */
  | { readonly usage: ReportedUsage };

export interface AgentRun {
  readonly assignment: Assignment;
  readonly tools: ToolSession;
  /** Working tree that the tools act on. */
  readonly root: string;
  readonly checkpoints: CheckpointStore;
  readonly blobs: BlobStore;
  /** Awaited before each call of the model: pauses while the control plane may have given the attempt up. */
  readonly untilWanted: () => Promise<void>;
  readonly emit: (news: AttemptNews) => void;
  /** Aborts on cancel, deadline, abandon and shutdown; the loop then throws the signal's reason. */
  readonly signal: AbortSignal;
}

export interface AgentOutcome {
  /** What was done, in the model's words. */
  readonly summary: string;
  readonly transcript?: BlobReference;
}

/** Works on an agent task with a model. Throws `AttemptFailure` when it knows how to react. */
export abstract class AgentLoop {
  abstract run(run: AgentRun): Promise<AgentOutcome>;
}
