/**
 * - held: found in the journal after a restart; waits for the control plane's verdict
 * - suspended: the worker stops; the journal keeps the attempt for the next start
 * - abandoned: the control plane no longer wants it; nothing of it is reported
 */
export const ATTEMPT_PHASES = [
  'held',
  'accepted',
  'preparing',
  'running',
  'finishing',
  'ended',
  'abandoned',
  'suspended',
] as const;
export type AttemptPhase = (typeof ATTEMPT_PHASES)[number];

const STOPS = ['ended', 'abandoned', 'suspended'] as const;

const NEXT: Record<AttemptPhase, readonly AttemptPhase[]> = {
  held: ['accepted', ...STOPS],
  accepted: ['preparing', 'running', ...STOPS],
  preparing: ['running', 'finishing', ...STOPS],
  running: ['finishing', ...STOPS],
  finishing: STOPS,
  ended: [],
  abandoned: [],
  suspended: [],
};

/** Whether the step was legal; an illegal one changes nothing (a cancel that comes after the end). */
export class AttemptLifecycle {
  #phase: AttemptPhase;

  constructor(phase: AttemptPhase) {
    this.#phase = phase;
  }

  get phase(): AttemptPhase {
    return this.#phase;
  }

  get over(): boolean {
    return NEXT[this.#phase].length === 0;
  }

  enter(phase: AttemptPhase): boolean {
    if (!NEXT[this.#phase].includes(phase)) return false;
    this.#phase = phase;
    return true;
  }
}
