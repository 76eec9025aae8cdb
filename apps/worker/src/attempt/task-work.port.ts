import type { Assignment, TaskResult } from '@coorchat/a2a';
import type { AttemptNews, CheckpointStore } from './agent-loop.port.js';
import type { AttemptPhase } from './attempt.machine.js';
import type { BlobStore } from './blob-store.port.js';

/** One attempt as the code that works on it sees it. */
export interface AttemptContext {
  /** With the grant already narrowed by the owner's policy. */
  readonly assignment: Assignment;
  /** Whether an earlier process already worked on it. */
  readonly resumed: boolean;
  readonly blobs: BlobStore;
  readonly checkpoints: CheckpointStore;
  readonly signal: AbortSignal;
  /** To be awaited before what costs money: pauses while the control plane may have given the attempt up. */
  readonly untilWanted: () => Promise<void>;
  /** To be awaited before what must not happen twice: resolves when a crash cannot forget that the work began. */
  readonly untilRecorded: () => Promise<void>;
  readonly emit: (news: AttemptNews) => void;
  readonly enter: (phase: Extract<AttemptPhase, 'preparing' | 'running' | 'finishing'>) => void;
  /** The attempt's own folder, made on first use. */
  readonly dir: () => Promise<string>;
}

/** Does what an assignment asks for. Throws `AttemptFailure`, or the signal's reason. */
export abstract class TaskWork {
  abstract perform(context: AttemptContext): Promise<TaskResult>;
}
