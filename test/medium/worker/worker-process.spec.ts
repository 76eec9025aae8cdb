import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type GrantKey, machineFactsOf, type WorkerEvent } from '@coorchat/a2a';
import { AgentCard, TaskState } from '@a2a-js/sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assignment, message } from './assignments.js';
import { collect, ControlPlaneStub, GRANT_KEY } from './control-plane.stub.js';
import { WorkerUnderTest } from './worker-process.js';

const PATIENCE = { timeout: 15_000, interval: 20 };

let plane: ControlPlaneStub;
let worker: WorkerUnderTest;

beforeEach(async () => {
  plane = await ControlPlaneStub.start();
  worker = await WorkerUnderTest.create(plane.url);
});
afterEach(async () => {
  await worker.dispose();
  await plane.close();
});

/** Resolves when the worker has dialled in `times` times. */
async function connected(times = 1): Promise<void> {
  await vi.waitFor(() => expect(plane.lines.length, worker.output).toBe(times), PATIENCE);
}

const states = (events: readonly WorkerEvent[]) => events.map(({ state }) => state).filter(Boolean);
const numbers = (events: readonly WorkerEvent[]) => events.map(({ seq }) => seq);

describe('a worker process', () => {
  it('enrols once, keeps its key to itself and says where, and needs no token again', async () => {
    worker.start();
    await connected();
    expect(plane.enrolments).toMatchObject([{ name: 'tester' }]);
    expect((await stat(path.join(worker.dataDir, 'credential.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(worker.dataDir)).mode & 0o777).toBe(0o700);
    const keyFile = path.join(worker.dataDir, 'worker-key.pem');
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(worker.output).toContain(keyFile);
    expect(worker.output).not.toContain(plane.accessToken);
    await worker.kill();
    worker.start({ token: 'cce_used_up' });
    await connected(2);
    expect(plane.enrolments).toHaveLength(1);
  });

  it('says what to do when its token or its credential is refused', async () => {
    const child = worker.start({ token: 'cce_wrong_token' });
    await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(worker.output).toContain('ask for a new one');
    worker.start();
    await connected();
    await worker.kill();
    plane.revoked = true;
    const again = worker.start();
    await once(again, 'exit');
    expect(again.exitCode).toBe(1);
    expect(worker.output).toContain('remove');
    expect(worker.output).toContain('credential.json');
  });

  it('publishes its card with the facts of this machine, and its load', async () => {
    worker.start();
    await connected();
    const card = AgentCard.fromJSON(plane.line.hello.card);
    const facts = machineFactsOf(card);
    expect(facts).toMatchObject({ platform: 'linux', mcpServers: ['owner'], maxConcurrent: 2 });
    expect(facts?.toolchains.map(({ name }) => name)).toEqual(['git']);
    await vi.waitFor(() => expect(plane.heartbeats.at(-1)).toMatchObject({ running: 0, slots: 2 }), PATIENCE);
  });

  it('runs a tool task, and a repeat of its message runs nothing again', async () => {
    worker.start();
    await connected();
    const task = assignment(plane);
    const first = await collect(plane.line.client.sendMessageStream(await message(task)));
    expect(states(first)).toEqual(['working', 'completed']);
    expect(first.at(-1)?.result).toMatchObject({ output: { said: 'hello' }, commits: null });
    const repeat = await collect(plane.line.client.sendMessageStream(await message(task)));
    expect(repeat).toEqual(first);
    expect(worker.journey).toEqual(['call echo']);
  });

  it('refuses what its grant, its owner or its slots do not allow', async () => {
    worker.start();
    await connected();
    const { client } = plane.line;
    const codeOf = async (task: ReturnType<typeof assignment>) => {
      const events = await collect(client.sendMessageStream(await message(task)));
      expect(states(events)).toEqual(['rejected']);
      return events[0]?.failure?.code;
    };
    expect(await codeOf(assignment(plane, { grant: { workerId: 'wrk_other' } }))).toBe('worker.grant_of_other_worker');
    expect(await codeOf(assignment(plane, { grant: { expiresAt: '2020-01-01T00:00:00.000Z' } }))).toBe(
      'worker.grant_expired',
    );
    const unknown = { server: 'nobody', name: 'echo', arguments: {} };
    expect(await codeOf(assignment(plane, { tool: unknown }))).toBe('worker.no_such_server');
    const wait = { server: 'owner', name: 'wait', arguments: {} };
    const busy = [assignment(plane, { tool: wait }), assignment(plane, { tool: wait })];
    for (const task of busy) void collect(client.sendMessageStream(await message(task))).catch(() => undefined);
    await vi.waitFor(() => expect(worker.journey).toEqual(['call wait', 'call wait']), PATIENCE);
    expect(await codeOf(assignment(plane))).toBe('worker.no_slot');
  });

  it('does nothing without a grant that its control plane signed', async () => {
    worker.start();
    await connected();
    const { client } = plane.line;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const codeOf = async (key: GrantKey) => {
      const events = await collect(client.sendMessageStream(await message(assignment(plane), key)));
      expect(states(events)).toEqual(['rejected']);
      return events[0]?.failure?.code;
    };
    expect(await codeOf({ kid: GRANT_KEY.kid, privateKey })).toBe('worker.bad_grant');
    expect(await codeOf({ kid: 'k9', privateKey })).toBe('worker.grant_of_unknown_key');
    expect(worker.journey).toEqual([]);
  });

  it('cancels a running task, and a task may not run longer than granted', async () => {
    worker.start();
    await connected();
    const { client } = plane.line;
    const wait = { server: 'owner', name: 'wait', arguments: {} };
    const canceled = assignment(plane, { tool: wait });
    const events = collect(client.sendMessageStream(await message(canceled)));
    await vi.waitFor(() => expect(worker.journey).toHaveLength(1), PATIENCE);
    await client.cancelTask({ id: canceled.attemptId, tenant: '', metadata: undefined });
    expect(states(await events)).toEqual(['working', 'canceled']);
    const slow = assignment(plane, { tool: wait, grant: { maxDurationMs: 100 } });
    const late = await collect(client.sendMessageStream(await message(slow)));
    expect(late.at(-1)).toMatchObject({
      state: 'failed',
      failure: { class: 'budget', code: 'worker.deadline_exceeded' },
    });
  });

  it('works on while the line is cut, and the gap can be read by number', async () => {
    worker.start();
    await connected();
    const task = assignment(plane, { kind: 'agent', tool: null, description: worker.go });
    const before: WorkerEvent[] = [];
    const cut = collect(plane.line.client.sendMessageStream(await message(task)), before).catch(() => undefined);
    await vi.waitFor(() => expect(before.length).toBe(3), PATIENCE);
    plane.cut();
    await cut;
    writeFileSync(worker.go, '');
    await connected(2);
    expect(plane.line.hello.held).toMatchObject([{ attemptId: task.attemptId, fence: 1 }]);
    await vi.waitFor(async () => expect((await plane.listEvents(task.attemptId)).ended).toBe(true), PATIENCE);
    const { events, lastSeq } = await plane.listEvents(task.attemptId, 3);
    expect(numbers(before)).toEqual([1, 2, 3]);
    expect(numbers(events)).toEqual([4, 5]);
    expect(states(events)).toEqual(['completed']);
    plane.line.session.ack([{ taskId: task.attemptId, seq: lastSeq }]);
    await vi.waitFor(async () => expect((await plane.listEvents(task.attemptId)).events).toEqual([]), PATIENCE);
    expect(await plane.line.client.getTask({ id: task.attemptId, tenant: '' })).toMatchObject({
      status: { state: TaskState.TASK_STATE_COMPLETED },
    });
  });

  it('goes on from its checkpoint after kill -9, and only once it is told to', async () => {
    worker.start();
    await connected();
    const task = assignment(plane, { kind: 'agent', tool: null, description: worker.go });
    const before: WorkerEvent[] = [];
    const cut = collect(plane.line.client.sendMessageStream(await message(task)), before).catch(() => undefined);
    await vi.waitFor(() => expect(before.length).toBe(3), PATIENCE);
    await worker.kill('SIGKILL');
    await cut;
    writeFileSync(worker.go, '');
    plane.verdicts = () => [];
    worker.start();
    await connected(2);
    expect(plane.line.hello.held).toEqual([{ attemptId: task.attemptId, fence: 1, lastSeq: 3 }]);
    // Several heartbeats without a verdict: nothing may have moved.
    const heard = plane.heartbeats.length;
    await vi.waitFor(() => expect(plane.heartbeats.length).toBeGreaterThan(heard + 2), PATIENCE);
    expect(worker.journey).toEqual(['step one']);
    plane.line.session.sendVerdicts([{ attemptId: task.attemptId, verdict: 'continue' }]);
    const after = await vi.waitFor(async () => {
      const page = await plane.listEvents(task.attemptId, 3);
      expect(page.ended).toBe(true);
      return page.events;
    }, PATIENCE);
    expect(numbers(after)).toEqual([4, 5]);
    expect(after.at(-1)?.result?.summary).toBe('both steps');
    expect(worker.journey).toEqual(['step one', 'step two']);
  });

  it('forgets an abandoned attempt and its folder, but not that it knew it', async () => {
    worker.start();
    await connected();
    const task = assignment(plane, { kind: 'agent', tool: null, description: worker.go });
    void collect(plane.line.client.sendMessageStream(await message(task))).catch(() => undefined);
    await vi.waitFor(() => expect(worker.journey).toEqual(['step one']), PATIENCE);
    await worker.kill('SIGKILL');
    plane.verdicts = ({ held }) => held.map(({ attemptId }) => ({ attemptId, verdict: 'abandon' as const }));
    worker.start();
    await connected(2);
    await vi.waitFor(async () => expect(await readdir(path.join(worker.dataDir, 'attempts'))).toEqual([]), PATIENCE);
    expect(await collect(plane.line.client.sendMessageStream(await message(task)))).toEqual([]);
    expect(worker.journey).toEqual(['step one']);
  });

  it('does not repeat a call that it was killed in', async () => {
    worker.start();
    await connected();
    const task = assignment(plane, { tool: { server: 'owner', name: 'wait', arguments: {} } });
    void collect(plane.line.client.sendMessageStream(await message(task))).catch(() => undefined);
    await vi.waitFor(() => expect(worker.journey).toEqual(['call wait']), PATIENCE);
    await worker.kill('SIGKILL');
    worker.start();
    await connected(2);
    const { events } = await vi.waitFor(async () => {
      const page = await plane.listEvents(task.attemptId);
      expect(page.ended).toBe(true);
      return page;
    }, PATIENCE);
    expect(events.at(-1)?.failure).toMatchObject({ class: 'transient', code: 'worker.interrupted' });
    expect(worker.journey).toEqual(['call wait']);
  });

  it('stops cleanly on a signal, with its work kept for the next start', async () => {
    worker.start();
    await connected();
    const task = assignment(plane, { kind: 'agent', tool: null, description: worker.go });
    void collect(plane.line.client.sendMessageStream(await message(task))).catch(() => undefined);
    await vi.waitFor(() => expect(worker.journey).toEqual(['step one']), PATIENCE);
    expect(await worker.kill('SIGTERM')).toBe(0);
    worker.start();
    await connected(2);
    expect(plane.line.hello.held).toMatchObject([{ attemptId: task.attemptId }]);
  });

  it('ends with a code of its own after an error that nobody caught, and can start again', async () => {
    const child = worker.start();
    await connected();
    child.kill('SIGUSR2');
    await once(child, 'exit');
    expect(child.exitCode).toBe(70);
    expect(worker.output).toContain('a bug');
    expect(worker.output).toContain('its cause');
    worker.start();
    await connected(2);
  });

  it('does not start twice on one folder', async () => {
    worker.start();
    await connected();
    const second = await WorkerUnderTest.create(plane.url);
    const child = second.start({ args: ['--data-dir', worker.dataDir] });
    await once(child, 'exit');
    expect(second.output).toContain('already runs');
    expect(child.exitCode).toBe(1);
    await second.dispose();
  });
});
