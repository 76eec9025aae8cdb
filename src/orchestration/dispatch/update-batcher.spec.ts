import { AppError } from '@coorchat/kernel';
import { describe, expect, it } from 'vitest';
import type { ApplyOutcome, AttemptUpdate } from '../task/index.js';
import { UpdateBatcher, type UpdateSource } from './update-batcher.js';

class Source implements UpdateSource {
  readonly outcomes: ApplyOutcome[] = [];
  errors = 0;
  seq = 1;

  constructor(
    readonly attemptId: string,
    readonly orgId = 'org_a',
  ) {}

  take(): AttemptUpdate {
    const { attemptId, seq } = this;
    return { attemptId, fence: 1, workerId: 'wrk_1', epoch: 1, fromSeq: seq, toSeq: seq, log: [], usage: [] };
  }
  stored(outcome: ApplyOutcome) {
    this.outcomes.push(outcome);
  }
  poisoned() {
    this.errors++;
  }
}

const applied = (updates: AttemptUpdate[]): ApplyOutcome[] =>
  updates.map(({ attemptId, toSeq }) => ({ attemptId, status: 'applied', appliedSeq: toSeq, ended: false }));

describe('UpdateBatcher', () => {
  it('waits for a database that is away, and poisons nobody', async () => {
    const source = new Source('att_1');
    let away = 3;
    const batcher = new UpdateBatcher((_orgId, updates) => {
      const gone = { code: 'platform.database_unavailable', kind: 'unavailable' as const, message: 'away' };
      return away-- > 0 ? Promise.reject(new AppError(gone)) : Promise.resolve(applied(updates));
    });
    batcher.notify(source);
    await expect.poll(() => source.outcomes.length).toBe(1);
    expect(source.errors).toBe(0);
  });

  it('stores what arrives during a commit together, per organization', async () => {
    const commits: string[][] = [];
    const gate = Promise.withResolvers<void>();
    const batcher = new UpdateBatcher(async (orgId, updates) => {
      commits.push([orgId, ...updates.map(({ attemptId }) => attemptId)]);
      if (commits.length === 1) await gate.promise;
      return applied(updates);
    });
    const first = new Source('att_1');
    batcher.notify(first);
    await expect.poll(() => commits.length).toBe(1);
    for (const source of [new Source('att_2'), new Source('att_3'), new Source('att_4', 'org_b')])
      batcher.notify(source);
    gate.resolve();
    await batcher.idle();
    expect(commits).toEqual([
      ['org_a', 'att_1'],
      ['org_a', 'att_2', 'att_3'],
      ['org_b', 'att_4'],
    ]);
    expect(first.outcomes).toHaveLength(1);
  });

  it('asks a source once for all that it was notified of before a commit', async () => {
    let commits = 0;
    const batcher = new UpdateBatcher(async (_org, updates) => {
      commits += 1;
      return applied(updates);
    });
    const source = new Source('att_1');
    batcher.notify(source);
    batcher.notify(source);
    await batcher.idle();
    expect(commits).toBe(1);
  });

  it('stores everything but the one update that can not be stored', async () => {
    const batcher = new UpdateBatcher(async (_org, updates) => {
      if (updates.some(({ attemptId }) => attemptId === 'att_3')) throw new Error('poison');
      return applied(updates);
    });
    const sources = ['1', '2', '3', '4', '5'].map((n) => new Source(`att_${n}`));
    for (const source of sources) batcher.notify(source);
    await batcher.idle();
    expect(sources.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 0, 1, 1]);
    expect(sources.map(({ errors }) => errors)).toEqual([0, 0, 1, 0, 0]);
  });
});
