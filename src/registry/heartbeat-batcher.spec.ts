import { describe, expect, it } from 'vitest';
import { HeartbeatBatcher } from './heartbeat-batcher.js';
import type { Heartbeat } from './worker-session.store.js';

const beat = (workerId: string, epoch: number): Heartbeat => ({ orgId: 'org', workerId, epoch, load: null });

describe('HeartbeatBatcher', () => {
  it('writes the beats of a moment at once, the newest epoch of each machine', async () => {
    const writes: Heartbeat[][] = [];
    const batcher = new HeartbeatBatcher(async (beats) => {
      writes.push([...beats]);
      return new Set(beats.map(({ workerId }) => workerId));
    });
    const outcomes = await Promise.all([
      batcher.add(beat('a', 2)),
      batcher.add(beat('a', 1)),
      batcher.add(beat('b', 1)),
    ]);
    expect(outcomes).toEqual(['ok', 'stale_epoch', 'ok']);
    expect(writes).toEqual([[beat('a', 2), beat('b', 1)]]);
  });

  it('tells everybody when the write fails, and goes on', async () => {
    let fail = true;
    const batcher = new HeartbeatBatcher(async (beats) => {
      if (fail) throw new Error('gone');
      return new Set(beats.map(({ workerId }) => workerId));
    });
    const failed = await Promise.allSettled([batcher.add(beat('a', 1)), batcher.add(beat('b', 1))]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fail = false;
    expect(await batcher.add(beat('a', 1))).toBe('ok');
  });
});
