import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Broadcast, QueueBackend } from '../../../src/platform/queue/index.js';
import {
  type Revocation,
  Revocations,
  RevocationStore,
  RevocationWatch,
} from '../../../src/platform/revocation/index.js';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  await Promise.all(open.map((close) => close()));
  open = [];
});
afterAll(() => database.close());

/** What one process of the control plane has; its broadcasts reach nobody else. */
function boot() {
  const logger = silentLogger();
  const backend = new QueueBackend(database.config, database.pools, logger);
  const broadcast = new Broadcast(database.config, backend, logger);
  const store = new RevocationStore();
  const revocations = new Revocations(store, broadcast);
  const watch = new RevocationWatch(database.uow, store, broadcast, logger);
  const heard: Revocation[] = [];
  watch.onRevoked((list) => heard.push(...list.map(({ kind, id }) => ({ kind, id }))));
  watch.onApplicationBootstrap();
  open.push(async () => {
    await watch.onModuleDestroy();
    await backend.close();
  });
  return { revocations, watch, heard };
}

const key = (id: string): Revocation => ({ kind: 'key', id });

describe('revocations', () => {
  it('are heard once in every process, soon after their commit', async () => {
    const [here, there] = [boot(), boot()];
    await database.uow.tenant({ orgId: 'org_a' }, (tx) => here.revocations.publish(tx, [key('key_1'), key('key_2')]));
    for (const { heard } of [here, there]) {
      await vi.waitFor(() => expect(heard).toEqual([key('key_1'), key('key_2')]), { timeout: 5_000 });
    }
    await there.watch.look();
    expect(there.heard).toHaveLength(2);
  });

  it('are not heard when their transaction fails', async () => {
    const { revocations, watch, heard } = boot();
    await expect(
      database.uow.tenant({ orgId: 'org_a' }, async (tx) => {
        await revocations.publish(tx, key('key_never'));
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await watch.look();
    expect(heard).not.toContainEqual(key('key_never'));
  });

  it('are heard though they commit after later ones', async () => {
    const { revocations, watch, heard } = boot();
    let commit = () => undefined as void;
    const released = new Promise<void>((resolve) => (commit = resolve));
    let written = () => undefined as void;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const slow = database.uow.tenant({ orgId: 'org_a' }, async (tx) => {
      await revocations.publish(tx, key('key_slow'));
      written();
      await released;
    });
    await isWritten;
    await database.uow.tenant({ orgId: 'org_b' }, (tx) => revocations.publish(tx, key('key_fast')));
    await watch.look();
    expect(heard).toContainEqual(key('key_fast'));
    expect(heard).not.toContainEqual(key('key_slow'));
    commit();
    await slow;
    await watch.look();
    expect(heard).toContainEqual(key('key_slow'));
  });

  it('are read by nobody but the system: an organization learns nothing of others', async () => {
    const app = await database.connect('app');
    await expect(app.query('SELECT * FROM revocation')).rejects.toThrow('permission denied');
    await expect(app.query('DELETE FROM revocation')).rejects.toThrow('permission denied');
  });
});
