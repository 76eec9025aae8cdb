/**
 * draining: open, but takes no new requests and leaves when those at work are answered. stopped is final; so
 * is refused, until a person replaces the credential or upgrades the worker.
 */
export type WorkerLineState =
  'idle' | 'connecting' | 'greeting' | 'open' | 'draining' | 'waiting' | 'stopped' | 'refused';

export const WORKER_LINE_STATES: readonly WorkerLineState[] = [
  'idle',
  'connecting',
  'greeting',
  'open',
  'draining',
  'waiting',
  'stopped',
  'refused',
];

const TRANSITIONS: Record<WorkerLineState, readonly WorkerLineState[]> = {
  idle: ['connecting', 'stopped'],
  connecting: ['greeting', 'waiting', 'refused', 'stopped'],
  greeting: ['open', 'waiting', 'refused', 'stopped'],
  open: ['draining', 'waiting', 'refused', 'stopped'],
  draining: ['stopped'],
  waiting: ['connecting', 'stopped'],
  stopped: [],
  refused: [],
};

/** @throws Error on a transition that the machine does not know: a fault in this library. */
export function nextState(from: WorkerLineState, to: WorkerLineState): WorkerLineState {
  if (from !== to && !TRANSITIONS[from].includes(to)) throw new Error(`No way from ${from} to ${to}`);
  return to;
}
