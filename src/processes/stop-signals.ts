/** A terminal and a parent that forwards may both send the same Ctrl-C. */
const SAME_SIGNAL_MS = 500;

export interface StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<NodeJS.Signals>;
  /** Resolves at the second one that is meant as such: stop at once. */
  readonly second: Promise<NodeJS.Signals>;
}

export function listenForStop(now: () => number = Date.now): StopSignals {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let firstAt: number | undefined;
  const hear = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = now();
      first.resolve(signal);
    } else if (now() - firstAt > SAME_SIGNAL_MS) {
      second.resolve(signal);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hear);
  return { first: first.promise, second: second.promise };
}
