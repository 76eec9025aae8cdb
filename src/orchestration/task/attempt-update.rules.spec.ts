import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPT_STATES, ATTEMPT_STATUS, canAttemptBecome, isLiveAttempt } from './attempt.machine.js';
import { applyUpdate, endAttempt, judgeUpdate } from './attempt-update.rules.js';
import type { AttemptEnd, AttemptUpdate } from './attempt.types.js';
import type { AttemptChange, AttemptRow, AttemptSituation, EventDraft, TaskRow } from './ledger.types.js';
import { canTaskBecome, publicStatus, TASK_PHASES, type TaskExecution } from './task.machine.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const TERMINAL_EVENTS = ['task.completed', 'task.failed', 'task.canceled', 'task.rejected'];

const task = (more: Partial<TaskRow> = {}): TaskRow => ({
  orgId: 'org',
  taskId: 'tsk',
  workRequestId: 'wrq',
  poolId: 'pool',
  key: 'fix',
  role: 'work',
  status: 'submitted',
  phase: 'assigned',
  lastAttempt: 1,
  failures: 0,
  maxFailures: 3,
  cancelRequested: false,
  ...more,
});
const attempt = (more: Partial<AttemptRow> = {}): AttemptRow => ({
  orgId: 'org',
  attemptId: 'att-1',
  taskId: 'tsk',
  workRequestId: 'wrq',
  poolId: 'pool',
  providerOrgId: 'org',
  workerId: 'wrk',
  fence: 1,
  state: 'sent',
  workerSeq: 0,
  sessionEpoch: 1,
  assignedAt: NOW,
  startedAt: null,
  ...more,
});
const request = {
  orgId: 'org',
  workRequestId: 'wrq',
  poolId: 'pool',
  status: 'executing' as const,
  planSource: 'plan' as const,
  cancelRequested: false,
  repositoryId: null,
};
const update = (more: Partial<AttemptUpdate> = {}): AttemptUpdate => ({
  attemptId: 'att-1',
  fence: 1,
  workerId: 'wrk',
  epoch: 1,
  fromSeq: 1,
  toSeq: 1,
  log: [],
  usage: [],
  ...more,
});
const COMPLETED: AttemptEnd = {
  status: 'completed',
  result: { summary: 'done', commits: null, checks: [], prepared: null, transcript: null },
};
const failed = (failureClass: 'task' | 'worker' | 'transient'): AttemptEnd => ({
  status: 'failed',
  failure: { class: failureClass, code: 'worker.broken', message: 'broken' },
});

describe('judgeUpdate', () => {
  it.each([
    ['unknown', attempt(), update({ workerId: 'other' })],
    ['stale_fence', attempt(), update({ fence: 2 })],
    ['stale_fence', attempt({ state: 'lost' }), update()],
    ['duplicate', attempt({ state: 'completed', workerSeq: 3 }), update({ toSeq: 3 })],
    ['stale_fence', attempt({ state: 'completed', workerSeq: 3 }), update({ fromSeq: 4, toSeq: 4 })],
    ['stale_session', attempt({ sessionEpoch: 2 }), update()],
    ['gap', attempt(), update({ fromSeq: 2, toSeq: 2 })],
    ['duplicate', attempt({ workerSeq: 2 }), update({ toSeq: 2 })],
    ['applied', attempt({ workerSeq: 2 }), update({ fromSeq: 2, toSeq: 5 })],
  ] as const)('says %s', (expected, row, told) => {
    expect(judgeUpdate(row, told)).toBe(expected);
  });
});

describe('applyUpdate', () => {
  const situation: AttemptSituation = { attempt: attempt(), task: task(), request };

  it('starts the task with the first event', () => {
    const change = applyUpdate(situation, update(), NOW);
    expect(change.task).toMatchObject({ phase: 'running', status: 'working' });
    expect(change.events.map(({ type }) => type)).toEqual(['task.started']);
  });

  it('keeps a question until the worker works again', () => {
    const asked = applyUpdate(situation, update({ state: 'input_required', question: 'Which one?' }), NOW);
    const silent = applyUpdate(asked, update({ fromSeq: 2, toSeq: 2 }), NOW);
    expect(silent.task.status).toBe('input_required');
    expect(applyUpdate(silent, update({ fromSeq: 3, toSeq: 3, state: 'working' }), NOW).task.status).toBe('working');
  });

  it('tries again after a fault of the machine and gives up after a fault of the task', () => {
    expect(applyUpdate(situation, update({ end: failed('worker') }), NOW).task).toMatchObject({
      phase: 'ready',
      failures: 1,
    });
    expect(applyUpdate(situation, update({ end: failed('task') }), NOW).task).toMatchObject({
      phase: 'done',
      status: 'failed',
    });
  });

  it('fails a preparation that names no base', () => {
    const change = applyUpdate({ ...situation, task: task({ role: 'prepare' }) }, update({ end: COMPLETED }), NOW);
    expect(change).toMatchObject({ attempt: { state: 'failed' }, task: { status: 'failed' } });
  });

  it('ends a lost attempt as canceled when the task is to be canceled', () => {
    const loss = { status: 'lost' as const, reason: { code: 'task.lease_expired', message: 'gone' }, counts: true };
    const change = endAttempt({ ...situation, task: task({ cancelRequested: true }) }, loss);
    expect(change).toMatchObject({ attempt: { state: 'lost' }, task: { status: 'canceled', failures: 0 } });
  });
});

describe('the two mappings', () => {
  it('show every execution state', () => {
    for (const state of ATTEMPT_STATES) expect(ATTEMPT_STATUS[state]).toBeTypeOf('string');
    const live = ATTEMPT_STATES.filter(isLiveAttempt);
    const executions: TaskExecution[] = TASK_PHASES.flatMap((phase): TaskExecution[] =>
      phase === 'done'
        ? [{ phase, status: 'failed' }]
        : phase === 'waiting' || phase === 'ready'
          ? [{ phase }]
          : live.map((state) => ({ phase, attempt: state })),
    );
    expect(new Set(executions.map(publicStatus))).toEqual(
      new Set(['submitted', 'working', 'input_required', 'failed']),
    );
  });
});

type Step =
  | {
      readonly do: 'say';
      readonly attempt: number;
      readonly from: number;
      readonly count: number;
      readonly epoch: number;
    }
  | { readonly do: 'expire' }
  | { readonly do: 'assign' }
  | { readonly do: 'cancel' };

interface World {
  attempts: AttemptRow[];
  task: TaskRow;
  events: EventDraft[];
}

const STORY_LENGTH = 4;

/** The worker's whole story of an attempt is fixed; it is told in pieces, late, twice and in any order. */
function told(step: Extract<Step, { do: 'say' }>, end: AttemptEnd): AttemptUpdate {
  const toSeq = Math.min(STORY_LENGTH, step.from + step.count);
  return update({
    attemptId: `att-${step.attempt}`,
    fence: step.attempt,
    epoch: step.epoch,
    fromSeq: step.from,
    toSeq,
    log: Array.from({ length: toSeq - step.from + 1 }, (_, n) => ({
      seq: step.from + n,
      kind: 'text',
      data: {},
      at: NOW.toISOString(),
    })),
    ...(toSeq === STORY_LENGTH && { end }),
  });
}

function takeOver(world: World, change: AttemptChange, before: AttemptSituation): void {
  if (before.attempt.state !== change.attempt.state)
    expect(canAttemptBecome(before.attempt.state, change.attempt.state)).toBe(true);
  expect(canTaskBecome(before.task.phase, change.task.phase)).toBe(true);
  expect(change.attempt.workerSeq).toBeGreaterThanOrEqual(before.attempt.workerSeq);
  expect(change.log.every(({ seq }) => seq > before.attempt.workerSeq)).toBe(true);
  world.attempts[change.attempt.fence - 1] = change.attempt;
  world.task = change.task;
  world.events.push(...change.events);
}

function play(world: World, step: Step, end: AttemptEnd): void {
  if (step.do === 'cancel') world.task = { ...world.task, cancelRequested: true };
  if (step.do === 'assign' && world.task.phase === 'ready') {
    const fence = world.task.lastAttempt + 1;
    world.task = { ...world.task, phase: 'assigned', lastAttempt: fence };
    world.attempts.push(attempt({ attemptId: `att-${fence}`, fence }));
  }
  const row = world.attempts[step.do === 'say' ? step.attempt - 1 : world.attempts.length - 1];
  if (!row) return;
  const situation: AttemptSituation = { attempt: row, task: world.task, request };
  if (step.do === 'expire' && isLiveAttempt(row.state)) {
    const loss = { status: 'lost' as const, reason: { code: 'task.lease_expired', message: 'gone' }, counts: true };
    takeOver(world, endAttempt(situation, loss), situation);
  }
  if (step.do !== 'say') return;
  const said = told(step, end);
  if (judgeUpdate(row, said) === 'applied') takeOver(world, applyUpdate(situation, said, NOW), situation);
}

describe('any interleaving of late, repeated and reordered updates, expiries and cancels', () => {
  const say = fc.record({
    do: fc.constant('say' as const),
    attempt: fc.integer({ min: 1, max: 3 }),
    from: fc.integer({ min: 1, max: STORY_LENGTH }),
    count: fc.nat(3),
    epoch: fc.integer({ min: 1, max: 2 }),
  });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: say },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('expire' as const, 'assign' as const, 'cancel' as const) }),
    },
  );
  const ends = fc.constantFrom<AttemptEnd>(COMPLETED, failed('task'), failed('worker'), failed('transient'));

  it('ends the task at most once, by one attempt, and never moves a sequence back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), ends, (steps, end) => {
        const world: World = { attempts: [attempt()], task: task(), events: [] };
        for (const next of steps) play(world, next, end);
        const terminal = world.events.filter(({ type }) => TERMINAL_EVENTS.includes(type));
        expect(terminal).toHaveLength(world.task.phase === 'done' ? 1 : 0);
        const live = world.attempts.filter(({ state }) => isLiveAttempt(state));
        expect(live.map(({ fence }) => fence)).toEqual(
          world.task.phase === 'assigned' || world.task.phase === 'running' ? [world.task.lastAttempt] : [],
        );
        expect(world.events.filter(({ type }) => type === 'task.started').length).toBeLessThanOrEqual(
          world.attempts.length,
        );
      }),
      { numRuns: 500 },
    );
  });
});
