import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Assignment, TaskResult } from '@coorchat/a2a';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followAttempt } from '../journal/follow.js';
import { Journal } from '../journal/journal.js';
import { Logger } from '../log/logger.js';
import { Redactor } from '../log/redactor.js';
import { callSharedServer } from '../work/shared-tool-task.js';
import type { WorkParts } from '../work/work-parts.js';
import { AttemptDesk } from './attempt-desk.js';
import { AttemptFailure } from './attempt.errors.js';
import { AttemptFolders } from './attempt-folders.js';
import type { BlobStore } from './blob-store.port.js';
import { type AttemptContext, TaskWork } from './task-work.port.js';

const DONE: TaskResult = { summary: 'done', commits: null, checks: [], prepared: null, transcript: null };

class SteeredWork extends TaskWork {
  readonly seen: string[] = [];
  act: (context: AttemptContext) => Promise<TaskResult> = async () => DONE;
  perform(context: AttemptContext): Promise<TaskResult> {
    this.seen.push(context.assignment.attemptId);
    return this.act(context);
  }
}

const untilStopped = ({ signal }: AttemptContext) =>
  new Promise<TaskResult>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

function assignment(attemptId: string, changes: Partial<Assignment> = {}): Assignment {
  const grant = {
    version: 1 as const,
    attemptId,
    taskId: 't',
    workRequestId: 'w',
    orgId: 'o',
    providerOrgId: 'o',
    workerId: 'wrk_1',
    fence: 1,
    skill: null,
    repository: null,
    tools: ['*'],
    mcpServers: ['*'],
    network: 'none' as const,
    commands: false,
    ownModelKey: false,
    budgetMicros: 0,
    maxDurationMs: 60_000,
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  return {
    version: 1,
    attemptId,
    fence: 1,
    key: attemptId,
    role: 'work',
    kind: 'agent',
    title: attemptId,
    description: '',
    goal: '',
    model: null,
    tool: null,
    repository: null,
    upstreams: [],
    checks: {},
    grant,
    api: { url: 'http://localhost', token: 'x' },
    leaseMs: 1000,
    ...changes,
  };
}

let dir: string;
let journal: Journal;
let work: SteeredWork;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'desk-'));
  work = new SteeredWork();
  journal = await Journal.open({ dir: path.join(dir, 'journal'), quotaBytes: 1e8 });
});
afterEach(async () => {
  await journal.close();
  await rm(dir, { recursive: true, force: true });
});

function newDesk(slots = 4): AttemptDesk {
  const redactor = new Redactor();
  redactor.add('hunter2-secret');
  const logger = new Logger({ level: 'error', format: 'json', redactor, write: () => undefined });
  const folders = new AttemptFolders(path.join(dir, 'attempts'));
  const blobs = () => undefined as unknown as BlobStore;
  return new AttemptDesk({
    parts: { journal, folders, work, blobs, redactor, logger },
    policy: () => ({
      workerId: 'wrk_1',
      network: 'full',
      commands: true,
      ownModelKey: false,
      sandbox: 'none',
      mcpServers: ['mailer'],
      skills: ['code'],
      agent: true,
    }),
    slots,
  });
}

async function eventsOf(id: string) {
  const log = journal.find(id);
  const events = [];
  const signal = new AbortController().signal;
  if (log) for await (const event of followAttempt(journal, log, { afterSeq: 0, signal })) events.push(event);
  return events;
}

describe('AttemptDesk', () => {
  it('removes nothing outside of its folders, whatever it is told to abandon', async () => {
    const kept = path.join(dir, 'kept');
    await mkdir(kept);
    const folders = new AttemptFolders(path.join(dir, 'attempts'));
    for (const id of ['../kept', '..', '.', '', kept]) {
      newDesk().abandon(id);
      await expect(folders.remove(id)).rejects.toThrow('names no folder');
    }
    expect((await stat(kept)).isDirectory()).toBe(true);
  });

  it('runs an attempt once, however often and however fast its message comes', async () => {
    const desk = newDesk();
    await Promise.all([desk.accept(assignment('a')), desk.accept(assignment('a')), desk.accept(assignment('a'))]);
    expect((await eventsOf('a')).map(({ state }) => state)).toEqual(['working', 'completed']);
    await desk.accept(assignment('a'));
    expect(work.seen).toEqual(['a']);
  });

  it('has the slot free again as soon as the end can be read', async () => {
    const desk = newDesk(1);
    for (const id of ['a', 'b', 'c']) {
      await desk.accept(assignment(id));
      expect((await eventsOf(id)).at(-1)?.state).toBe('completed');
    }
    expect(desk.running).toBe(0);
  });

  it('keeps secrets out of what it reports', async () => {
    const desk = newDesk();
    work.act = async ({ emit }) => {
      emit({ progress: { kind: 'text', text: 'the password is hunter2-secret' } });
      throw new AttemptFailure({
        class: 'task',
        code: 'worker.x',
        message: 'hunter2-secret',
        details: { a: ['hunter2-secret'] },
      });
    };
    await desk.accept(assignment('a'));
    const told = JSON.stringify(await eventsOf('a'));
    expect(told).not.toContain('hunter2');
    expect(told).toContain('worker.x');
  });

  it('removes the folder of an attempt when it is over', async () => {
    const desk = newDesk();
    work.act = async ({ dir: make, checkpoints }) => {
      await make();
      await checkpoints.save({ step: 1 });
      return DONE;
    };
    await desk.accept(assignment('a'));
    await eventsOf('a');
    await vi.waitFor(async () => expect(await readdir(path.join(dir, 'attempts'))).toEqual([]));
  });

  it('interrupts and keeps on suspend, and does not start what was just accepted', async () => {
    const desk = newDesk();
    work.act = untilStopped;
    await desk.accept(assignment('a'));
    const late = desk.accept(assignment('b'));
    await desk.suspend();
    await late;
    expect(work.seen).toEqual(['a']);
    expect(desk.running).toBe(0);
    const again = newDesk();
    work.act = async ({ resumed }) => ({ ...DONE, summary: resumed ? 'resumed' : 'fresh' });
    again.decide([
      { attemptId: 'a', verdict: 'continue' },
      { attemptId: 'b', verdict: 'continue' },
    ]);
    expect((await eventsOf('a')).at(-1)?.result?.summary).toBe('resumed');
    expect((await eventsOf('b')).at(-1)?.result?.summary).toBe('fresh');
  });

  it('calls a server that others share only when a crash could not forget that it did', async () => {
    const recorded: unknown[] = [];
    const call = async () => {
      recorded.push(journal.find('a')?.durableSeq);
      return { text: 'sent', isError: false };
    };
    work.act = (context) => callSharedServer(context, { servers: { call } } as unknown as WorkParts);
    const desk = newDesk();
    await desk.accept(assignment('a', { kind: 'tool', tool: { server: 'mailer', name: 'send', arguments: {} } }));
    expect((await eventsOf('a')).at(-1)?.state).toBe('completed');
    expect(recorded).toEqual([1]);
  });

  it.each(['lease', 'verdict'] as const)('pauses at the next step without a lease, until the next %s', async (word) => {
    const begun = Date.now();
    const lapsed = () => vi.waitFor(() => expect(Date.now() - begun).toBeGreaterThan(50));
    const steps: string[] = [];
    work.act = async ({ untilWanted }) => {
      await untilWanted();
      steps.push('one');
      await lapsed();
      await untilWanted();
      steps.push('two');
      return DONE;
    };
    const desk = newDesk();
    await desk.accept(assignment('a', { leaseMs: 20 }));
    await lapsed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toEqual(['one']);
    if (word === 'lease') desk.extendLeases([{ attemptId: 'a', leaseMs: 60_000 }]);
    else desk.decide([{ attemptId: 'a', verdict: 'continue' }]);
    expect((await eventsOf('a')).at(-1)?.state).toBe('completed');
    expect(steps).toEqual(['one', 'two']);
  });

  it('lets go of an attempt that waits for its lease when it is abandoned', async () => {
    const begun = Date.now();
    work.act = async ({ untilWanted }) => {
      await vi.waitFor(() => expect(Date.now() - begun).toBeGreaterThan(50));
      await untilWanted();
      return DONE;
    };
    const desk = newDesk();
    await desk.accept(assignment('a', { leaseMs: 20 }));
    await vi.waitFor(() => expect(Date.now() - begun).toBeGreaterThan(60));
    desk.abandon('a');
    await vi.waitFor(() => expect(desk.running).toBe(0));
    expect(journal.find('a')).toBeUndefined();
  });

  it('reports nothing of an attempt after its abandonment, even when the work finished', async () => {
    const desk = newDesk();
    work.act = async (context) => untilStopped(context).catch(() => DONE);
    await desk.accept(assignment('a'));
    desk.abandon('a');
    await vi.waitFor(() => expect(journal.find('a')).toBeUndefined());
    expect(journal.tombstone('a')).toMatchObject({ status: null });
  });

  it('takes no new work while its intake is closed, and goes on with what it holds', async () => {
    const desk = newDesk();
    desk.closeIntake();
    await desk.accept(assignment('a'));
    expect((await eventsOf('a'))[0]).toMatchObject({ state: 'rejected', failure: { code: 'worker.draining' } });
    desk.openIntake();
    await desk.accept(assignment('b'));
    expect((await eventsOf('b')).at(-1)?.state).toBe('completed');
  });

  it('ends each attempt exactly once and leaks no slot, whatever comes in whatever order', async () => {
    const order = fc.array(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c'),
        what: fc.constantFrom('accept', 'cancel', 'abandon', 'resume', 'finish'),
      }),
      { maxLength: 25 },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(order, async (steps) => {
        const prefix = `r${round++}`;
        const finish = new Map<string, () => void>();
        work.act = (context) =>
          new Promise((resolve, reject) => {
            finish.set(context.assignment.attemptId, () => resolve(DONE));
            context.signal.addEventListener('abort', () => reject(context.signal.reason));
          });
        const desk = newDesk(2);
        const accepted: Promise<unknown>[] = [];
        for (const [at, { id: short, what }] of steps.entries()) {
          const id = `${prefix}${short}`;
          if (what === 'accept' && !journal.tombstone(id)) accepted.push(desk.accept(assignment(id)));
          else if (what === 'cancel') desk.cancel(id);
          else if (what === 'abandon') desk.abandon(id);
          else if (what === 'resume') desk.resume(id);
          else finish.get(id)?.();
          if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(accepted);
        await desk.suspend();
        await journal.durable();
        expect(desk.running).toBe(0);
        for (const log of journal.attempts()) {
          const events = await journal.read(log, 0, 100);
          expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
          const ends = events.filter(({ state }) => state !== undefined && state !== 'working');
          expect(ends.length).toBe(log.ended ? 1 : 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
