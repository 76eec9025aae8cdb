import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextState, WORKER_LINE_STATES, type WorkerLineState } from './worker-state.machine.js';

const state = fc.constantFrom(...WORKER_LINE_STATES);

function walk(targets: readonly WorkerLineState[]): WorkerLineState[] {
  const path: WorkerLineState[] = ['idle'];
  for (const target of targets) {
    const from = path.at(-1) ?? 'idle';
    try {
      path.push(nextState(from, target));
    } catch {
      // Not a way of this machine.
    }
  }
  return path;
}

describe('the life of a line', () => {
  it('goes from dialling through the greeting to open, and back to dialling', () => {
    expect(walk(['connecting', 'greeting', 'open', 'waiting', 'connecting'])).toHaveLength(6);
  });

  it('never leaves a final state', () => {
    fc.assert(
      fc.property(fc.array(state), (targets) => {
        const path = walk(targets);
        const final = path.findIndex((each) => each === 'stopped' || each === 'refused');
        if (final !== -1) expect(new Set(path.slice(final)).size).toBe(1);
      }),
    );
  });

  it('is open only after a greeting, and does not come back once it drains', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 50 }), (targets) => {
        const path = walk(targets).filter((each, at, all) => each !== all[at - 1]);
        path.forEach((each, at) => {
          if (each === 'open') expect(path[at - 1]).toBe('greeting');
          if (path[at - 1] === 'draining') expect(each).toBe('stopped');
        });
      }),
    );
  });

  it('can be stopped wherever it is', () => {
    for (const from of WORKER_LINE_STATES.filter((each) => each !== 'refused')) {
      expect(nextState(from, 'stopped')).toBe('stopped');
    }
  });
});
