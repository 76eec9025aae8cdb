import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPT_PHASES, AttemptLifecycle } from './attempt.machine.js';

const OVER = new Set(['ended', 'abandoned', 'suspended']);

describe('AttemptLifecycle', () => {
  it('goes from acceptance to the end', () => {
    const lifecycle = new AttemptLifecycle('accepted');
    expect(['preparing', 'running', 'finishing', 'ended'].map((phase) => lifecycle.enter(phase as 'ended'))).toEqual(
      Array(4).fill(true),
    );
  });

  it('never leaves a final phase, never goes back, and always can be stopped', () => {
    const order = ['held', 'accepted', 'preparing', 'running', 'finishing'];
    fc.assert(
      fc.property(
        fc.constantFrom('held' as const, 'accepted' as const),
        fc.array(fc.constantFrom(...ATTEMPT_PHASES)),
        (first, steps) => {
          const lifecycle = new AttemptLifecycle(first);
          for (const step of steps) {
            const before = lifecycle.phase;
            const moved = lifecycle.enter(step);
            expect(lifecycle.phase).toBe(moved ? step : before);
            if (OVER.has(before)) expect(moved).toBe(false);
            else if (OVER.has(step)) expect(moved).toBe(true);
            else if (moved) expect(order.indexOf(step)).toBeGreaterThan(order.indexOf(before));
            expect(lifecycle.over).toBe(OVER.has(lifecycle.phase));
          }
        },
      ),
    );
  });
});
