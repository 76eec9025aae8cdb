import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../platform/config/index.js';
import type { Tx } from '../platform/db/index.js';
import type { Broadcast } from '../platform/queue/index.js';
import { PoolRoster } from './pool-roster.service.js';
import type { PoolRosterStore, RosterRow } from './pool-roster.store.js';

const config = { heartbeatIntervalMs: 1000 } as AppConfig;
const broadcast = {} as Broadcast;
const tx = {} as Tx;
const machine = (sessionHolder: string | null) => ({ workerId: 'w', sessionHolder, lastHeartbeatAt: new Date() });

/** A roster whose reads take as long as the test wants. */
function slowRoster() {
  const reads: PromiseWithResolvers<RosterRow[]>[] = [];
  const load = () => {
    const read = Promise.withResolvers<RosterRow[]>();
    reads.push(read);
    return read.promise;
  };
  const roster = new PoolRoster({ load } as unknown as PoolRosterStore, broadcast, config);
  const answer = (holder: string | null) => reads.at(-1)?.resolve([machine(holder) as RosterRow]);
  return { roster, reads, answer };
}

describe('the roster of a pool', () => {
  it('is read once for many passes, until a machine changes', async () => {
    const { roster, reads, answer } = slowRoster();
    const first = roster.load(tx, 'p');
    answer('here');
    expect(await first).toMatchObject([{ connected: true }]);
    await roster.load(tx, 'p');
    expect(reads).toHaveLength(1);
    roster.refresh('p');
    void roster.load(tx, 'p');
    expect(reads).toHaveLength(2);
  });

  it('does not keep what it read while a machine left', async () => {
    const { roster, answer } = slowRoster();
    const reading = roster.load(tx, 'p');
    roster.refresh('p');
    answer('here');
    expect(await reading).toMatchObject([{ connected: true }]);
    const next = roster.load(tx, 'p');
    answer(null);
    expect(await next).toMatchObject([{ connected: false }]);
  });
});
