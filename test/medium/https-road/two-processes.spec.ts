import { join } from 'node:path';
import type { WorkerView } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/platform/telemetry/index.js';
import { choiceOf, ControlPlane } from '../../../src/processes/index.js';
import { TestControlPlane } from '../../support/control-plane.js';
import type { TestDatabase } from '../../support/database.js';
import { WorkerUnderTest } from '../worker/worker-process.js';

const PATIENCE = { timeout: 20_000, interval: 50 };
const TIMES = { heartbeatIntervalMs: 300, leaseMs: 4_000 };

let plane: TestControlPlane;
let other: ControlPlane | undefined;
let worker: WorkerUnderTest;
let system: Awaited<ReturnType<TestDatabase['connect']>>;

interface Session {
  readonly epoch: number;
  readonly holder: string | null;
  readonly heard: Date;
}

async function session(): Promise<Session> {
  const { rows } = await system.query(
    'SELECT session_epoch AS epoch, session_holder AS holder, last_heartbeat_at AS heard FROM worker',
  );
  return rows[0] as Session;
}

/** A session that hears from its worker for a while and is replaced by none. */
async function quietSession(): Promise<Session> {
  let quiet = await session();
  const lasts = async () => {
    const now = await session();
    if (now.epoch !== quiet.epoch) quiet = now;
    return now.heard.getTime() - quiet.heard.getTime();
  };
  await expect.poll(lasts, PATIENCE).toBeGreaterThan(1_500);
  return quiet;
}

const holder = async () => (await session()).holder;
const status = async () => (await plane.call<{ items: WorkerView[] }>('GET', '/v1/workers')).items[0]?.status;

beforeAll(async () => {
  plane = await TestControlPlane.start(TIMES);
  system = await plane.database.connect('system');
  worker = await WorkerUnderTest.create(plane.url, { listen: {} });
  const { token } = await plane.call<{ token: string }>('POST', '/v1/enrolment-tokens', {});
  worker.start({ token });
  await vi.waitFor(async () => expect(await status()).toBe('online'), PATIENCE);
  const blob = { kind: 'files' as const, directory: join(plane.dataDir, 'blobs') };
  other = await ControlPlane.start({
    config: plane.database.config.with({ dataDir: plane.dataDir, blob, ...TIMES }),
    choice: choiceOf(['tunnel']),
    logger: silentLogger(),
  });
});
afterAll(async () => {
  await worker.dispose();
  await other?.stop();
  await plane.close();
});

describe('two processes that could call a worker', () => {
  it('leave it to the one that does', async () => {
    const before = await session();
    expect(await quietSession()).toMatchObject({ epoch: before.epoch, holder: before.holder });
  });

  it('agree when both call at once', async () => {
    const before = await session();
    await worker.kill('SIGKILL');
    await expect.poll(holder, PATIENCE).toBeNull();
    worker.start();
    await expect.poll(holder, PATIENCE).not.toBeNull();
    expect((await quietSession()).epoch).toBeLessThanOrEqual(before.epoch + 4);
  });

  it('take over from each other', async () => {
    await plane.down();
    await expect.poll(holder, PATIENCE).not.toBeNull();
    const others = await quietSession();
    await plane.up();
    expect(await quietSession()).toMatchObject({ epoch: others.epoch, holder: others.holder });
    await other?.stop();
    await expect.poll(holder, PATIENCE).not.toBe(others.holder);
    await expect.poll(status, PATIENCE).toBe('online');
    expect((await quietSession()).epoch).toBeGreaterThan(others.epoch);
  });
});
