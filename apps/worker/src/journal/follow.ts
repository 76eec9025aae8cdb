import { isTerminal, type WorkerEvent } from '@coorchat/a2a';
import type { AttemptLog } from './attempt-log.js';
import type { Journal } from './journal.js';

const PAGE = 64;

function changed(attempt: AttemptLog, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopListening();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stopListening = attempt.onChange(done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/**
 * An attempt's events after `afterSeq` as they become durable. Ends after the terminal one, and when the
 * attempt leaves the journal or nobody reads any more.
 */
export async function* followAttempt(
  journal: Journal,
  attempt: AttemptLog,
  options: { readonly afterSeq: number; readonly signal: AbortSignal },
): AsyncGenerator<WorkerEvent, void, undefined> {
  const { signal } = options;
  let seq = options.afterSeq;
  while (!signal.aborted) {
    for (const event of await journal.read(attempt, seq, PAGE)) {
      yield event;
      seq = event.seq;
      if (event.state && isTerminal(event.state)) return;
    }
    if (journal.find(attempt.id) !== attempt) return;
    if (attempt.ended && seq >= attempt.lastSeq) return;
    if (!signal.aborted && attempt.durableSeq <= Math.max(seq, attempt.ackedSeq)) await changed(attempt, signal);
  }
}
