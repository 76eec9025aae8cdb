export type StopCause = 'cancel' | 'deadline' | 'abandon' | 'shutdown';

/** The reason of an attempt's AbortSignal. */
export class AttemptStopped extends Error {
  constructor(readonly why: StopCause) {
    super(`the attempt was stopped: ${why}`);
    this.name = 'AttemptStopped';
  }
}
