import { AppError } from '@coorchat/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AppConfig } from '../../../src/platform/config/index.js';
import { Bells, Broadcast, JobHandlers, JobQueue, JobRunner, QueueBackend } from '../../../src/platform/queue/index.js';
import { Metrics, silentLogger } from '../../../src/platform/telemetry/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let open: Process[] = [];

beforeAll(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

afterAll(() => database.close());

interface Process {
  readonly queue: JobQueue;
  readonly handlers: JobHandlers;
  readonly bells: Bells;
  readonly broadcast: Broadcast;
  readonly metrics: Metrics;
  readonly runner: JobRunner;
  close(): Promise<void>;
}

/** What one process of the control plane has. */
function boot(config: AppConfig = database.config): Process {
  const logger = silentLogger();
  const metrics = new Metrics();
  const backend = new QueueBackend(config, database.pools, logger);
  const broadcast = new Broadcast(config, backend, logger);
  const bells = new Bells(backend, broadcast, logger, metrics);
  const handlers = new JobHandlers();
  const queue = new JobQueue(backend);
  const runner = new JobRunner(backend, handlers, bells, logger, metrics);
  const close = async () => {
    await Promise.all([runner.stop(), broadcast.stop()]);
    await Promise.all([queue.onModuleDestroy(), bells.onModuleDestroy()]);
    await backend.close();
  };
  const process = { queue, handlers, bells, broadcast, metrics, runner, close };
  open.push(process);
  return process;
}

const ids = (workRequestId: string) => ({ orgId: 'org_1', workRequestId });
const nothing = async () => undefined;

async function runJobs(process: Process, plan: (id: string, signal: AbortSignal, attempt: number) => Promise<void>) {
  process.handlers.handle('work.plan', ({ workRequestId }, { signal, attempt }) =>
    plan(workRequestId, signal, attempt),
  );
  process.handlers.handle('work.deliver', nothing);
  await process.runner.start();
}

describe('jobs', () => {
  it('reach a handler in another process, with their payload', async () => {
    const seen: string[] = [];
    await runJobs(boot(), async (id) => void seen.push(id));
    await boot().queue.add('work.plan', ids('wrq_a'));
    await vi.waitFor(() => expect(seen).toEqual(['wrq_a']), { timeout: 10_000 });
  });

  it('are tried again after a fault that may pass, and given up after one that will not', async () => {
    const tries: string[] = [];
    const process = boot();
    await runJobs(process, async (id, _signal, attempt) => {
      tries.push(`${id} ${attempt}`);
      if (id === 'bad') throw new AppError({ code: 'x.gone', kind: 'not_found', message: 'gone' });
      if (attempt === 1) throw new Error('for now');
    });
    await process.queue.add('work.plan', ids('bad'));
    await process.queue.add('work.plan', ids('flaky'));
    await vi.waitFor(() => expect(tries).toContain('flaky 2'), { timeout: 10_000 });
    expect(tries.filter((each) => each.startsWith('bad'))).toEqual(['bad 1']);
  });

  it('of one key run once while they wait, and once more when one comes during the run', async () => {
    const runs: (() => void)[] = [];
    const process = boot();
    await runJobs(process, (id) => new Promise<void>((resolve) => (id === 'd' ? runs.push(resolve) : resolve())));
    for (let i = 0; i < 3; i++) await process.queue.add('work.plan', ids('d'), { dedupKey: 'd' });
    await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 10_000 });
    for (let i = 0; i < 3; i++) await process.queue.add('work.plan', ids('d'), { dedupKey: 'd' });
    runs[0]?.();
    await vi.waitFor(() => expect(runs).toHaveLength(2), { timeout: 10_000 });
    runs[1]?.();
    await process.queue.add('work.plan', ids('d'), { dedupKey: 'd' });
    await vi.waitFor(() => expect(runs).toHaveLength(3), { timeout: 10_000 });
    runs[2]?.();
  });

  it('wait for their delay', async () => {
    const seen: number[] = [];
    const process = boot();
    await runJobs(process, async () => void seen.push(Date.now()));
    const added = Date.now();
    await process.queue.add('work.plan', ids('later'), { delayMs: 400 });
    await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 10_000 });
    expect((seen[0] ?? 0) - added).toBeGreaterThanOrEqual(390);
  });

  it('hear the signal when the process shuts down', async () => {
    const process = boot();
    let heard = false;
    let started = false;
    await runJobs(process, (_id, signal) => {
      started = true;
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          heard = true;
          resolve();
        });
      });
    });
    await process.queue.add('work.plan', ids('long'));
    await vi.waitFor(() => expect(started).toBe(true), { timeout: 10_000 });
    await process.runner.stop();
    expect(heard).toBe(true);
  });

  it('must have exactly one handler each before a process that runs them starts', async () => {
    const none = boot();
    none.handlers.handle('work.plan', nothing);
    await expect(none.runner.onApplicationBootstrap()).rejects.toThrow(/No handler for: work.deliver/);
    expect(() => none.handlers.handle('work.plan', nothing)).toThrow(/two handlers/);
  });

  it('refuse a payload that the catalogue does not know', async () => {
    const added = boot().queue.add('work.plan', { orgId: 'org_1' } as never);
    await expect(added).rejects.toThrow(/workRequestId/);
  });
});

describe('sweepers', () => {
  it('run again and again, and one that fails does not stop them', async () => {
    const process = boot();
    let sweeps = 0;
    process.handlers.sweep({
      name: 'broom',
      everyMs: 100,
      sweep: async () => {
        sweeps++;
        throw new Error('dust');
      },
    });
    await runJobs(process, nothing);
    await vi.waitFor(() => expect(sweeps).toBeGreaterThan(2), { timeout: 10_000 });
  });
});

describe('bells', () => {
  it('are answered in this process when it listens, rings during a run making one more run', async () => {
    const { bells } = boot();
    const answers: string[] = [];
    let letGo = () => undefined as void;
    bells.on('pool', async (key) => {
      answers.push(key);
      if (answers.length === 1) await new Promise<void>((resolve) => (letGo = resolve));
    });
    for (let i = 0; i < 5; i++) bells.ring('pool', 'p1');
    expect(answers).toEqual(['p1']);
    letGo();
    await vi.waitFor(() => expect(answers).toEqual(['p1', 'p1']));
    bells.ring('pool', 'p2');
    await vi.waitFor(() => expect(answers).toEqual(['p1', 'p1', 'p2']));
  });

  it('go on after a handler failed', async () => {
    const { bells } = boot();
    let answers = 0;
    bells.on('pool', async () => {
      answers++;
      throw new Error('no');
    });
    bells.ring('pool', 'p');
    await vi.waitFor(() => expect(answers).toBe(1));
    await vi.waitFor(() => {
      bells.ring('pool', 'p');
      expect(answers).toBeGreaterThan(1);
    });
  });

  it('reach the process that runs passes from one that does not', async () => {
    const answers: string[] = [];
    const jobs = boot();
    jobs.bells.on('pool', async (key) => void answers.push(key));
    await runJobs(jobs, nothing);
    const api = boot();
    api.bells.ring('pool', 'far');
    await vi.waitFor(() => expect(answers).toContain('far'), { timeout: 10_000 });
  });

  it('for every process are heard in each of them, the ringing one included', async () => {
    const answers: string[] = [];
    const processes = [boot(), boot()];
    for (const [index, process] of processes.entries()) {
      process.bells.on('dispatch', async (key) => void answers.push(`${index} ${key}`));
      await process.broadcast.start();
    }
    processes[0]?.bells.ring('dispatch', 'p');
    await vi.waitFor(() => expect(answers.sort()).toEqual(['0 p', '1 p']), { timeout: 10_000 });
  });
});

describe('broadcasts', () => {
  it('reach every process once', async () => {
    const heard: string[] = [];
    const processes = [boot(), boot(), boot()];
    for (const [index, { broadcast }] of processes.entries()) {
      broadcast.subscribe('work.events', ({ workRequestId }) => heard.push(`${index} ${workRequestId}`));
      await broadcast.start();
    }
    processes[1]?.broadcast.publish('work.events', ids('wrq_1'));
    processes[2]?.broadcast.publish('work.events', ids('wrq_2'));
    const all = ['0 wrq_1', '0 wrq_2', '1 wrq_1', '1 wrq_2', '2 wrq_1', '2 wrq_2'];
    await vi.waitFor(() => expect([...heard].sort()).toEqual(all), { timeout: 10_000 });
  });

  it('stay in the process when there is no other', async () => {
    const { broadcast } = boot(database.config.with({ embeddedDatabase: true, redisUrl: undefined }));
    const heard: string[] = [];
    await broadcast.start();
    const stop = broadcast.subscribe('worker.removed', ({ workerId }) => heard.push(workerId));
    broadcast.publish('worker.removed', { orgId: 'o', workerId: 'w' });
    await vi.waitFor(() => expect(heard).toEqual(['w']));
    stop();
    broadcast.publish('worker.removed', { orgId: 'o', workerId: 'x' });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(heard).toEqual(['w']);
  });
});
