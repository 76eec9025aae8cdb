import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as artifactQueries from '../../../src/orchestration/task/artifact-query.store.js';
import * as artifacts from '../../../src/orchestration/task/artifact.store.js';
import * as assignments from '../../../src/orchestration/task/assignment.store.js';
import * as cancels from '../../../src/orchestration/task/attempt-cancel.store.js';
import * as claims from '../../../src/orchestration/task/attempt-claim.store.js';
import * as costs from '../../../src/orchestration/task/cost.store.js';
import * as leases from '../../../src/orchestration/task/attempt-lease.store.js';
import * as events from '../../../src/orchestration/task/event.store.js';
import { endAttempt } from '../../../src/orchestration/task/attempt-update.rules.js';
import * as rows from '../../../src/orchestration/task/ledger-rows.store.js';
import * as ready from '../../../src/orchestration/task/ready.store.js';
import * as requests from '../../../src/orchestration/task/request.store.js';
import * as situations from '../../../src/orchestration/task/situation.store.js';
import * as submits from '../../../src/orchestration/task/submit.store.js';
import * as sweeps from '../../../src/orchestration/task/sweep.store.js';
import * as graphs from '../../../src/orchestration/task/task-graph.store.js';
import * as tasks from '../../../src/orchestration/task/task-query.store.js';
import * as plans from '../../../src/orchestration/task/work-plan.store.js';
import * as works from '../../../src/orchestration/task/work-query.store.js';
import type { AttemptSituation } from '../../../src/orchestration/task/ledger.types.js';
import type { SendableAttempt } from '../../../src/orchestration/task/index.js';
import type { TenantTx } from '../../../src/platform/db/index.js';
import { agent, completed, RESULT, type Tenant, TaskWorld, update } from './task-world.js';

type Probe = (tx: TenantTx) => Promise<unknown>;

let world: TaskWorld;
let ours: Tenant;
let foreign: Tenant;
let attempt: SendableAttempt;
let situation: AttemptSituation;
let request: { orgId: string; workRequestId: string };

const SECRET = 'a secret of A';

beforeAll(async () => {
  world = await TaskWorld.start();
  [ours, foreign] = [await world.tenant(), await world.tenant()];
  const plan = { tasks: [agent('a', [], { title: SECRET }), agent('b', ['a'])] };
  const id = await world.submit(ours, { description: SECRET, plan });
  const [sent] = await world.start(ours.poolId, 'wrk_of_a');
  if (!sent) throw new Error('nothing sent');
  attempt = sent;
  const at = new Date().toISOString();
  await world.say(ours, update(sent, { log: [{ seq: 1, kind: 'text', data: { text: SECRET }, at }] }));
  request = { orgId: ours.ctx.orgId, workRequestId: id };
  situation = await world.uow.tenant(ours.ctx, async (tx) => {
    const locked = await requests.lockRequests(tx, [request]);
    const found = (await situations.loadSituations(tx, [sent], locked)).get(sent.attemptId);
    if (!found) throw new Error('no situation');
    return found;
  });
});
afterAll(() => world.close());

/** Every row of A in the tables of this room. */
async function everything(): Promise<string> {
  const tables = [
    'work_request',
    'task_graph',
    'task',
    'task_edge',
    'attempt',
    'task_event',
    'attempt_log',
    'artifact',
  ];
  const found: unknown[] = [];
  await world.uow.system('task.sweep', async (tx) => {
    for (const table of tables) {
      const text = `SELECT * FROM ${table} t WHERE org_id = $1 ORDER BY t::text`;
      found.push((await tx.query(text, [request.orgId])).rows);
    }
  });
  return inspect(found, { depth: 9, maxArrayLength: null });
}

const change = () =>
  endAttempt(situation, { status: 'lost', reason: { code: 'x.y', message: 'stolen' }, counts: true });
const taskKey = () => ({ orgId: request.orgId, taskId: attempt.taskId });
const event = () => ({ ...request, type: 'work.failed' as const, taskId: null, data: {} });
/** The same attempt once more, as the next try. */
const repeated = () => ({
  ...request,
  ...{ id: 'att_x', taskId: attempt.taskId, clusterId: ours.clusterId, poolId: ours.poolId, fence: attempt.fence + 1 },
  ...{ providerOrgId: ours.ctx.orgId, workerId: session.workerId, skill: null, neededSkill: null, slot: 9 },
  ...{ leaseMs: 1, grant: attempt.grant, placement: { workerId: 'x', workerName: 'x', reasons: [], score: 0 } },
});
const newRequest = () => ({
  ...{ orgId: request.orgId, id: 'wrq_x', clusterId: ours.clusterId, poolId: ours.poolId, requestedBy: 'x' },
  submitterSkills: [],
  ...{ description: 'x', repositoryId: null, baseRef: null, baseCommit: null, repository: null, constraints: {} },
  ...{ idempotencyKey: null, requestHash: 'x', planSource: 'plan' as const, status: 'pending' as const },
  deadlineAt: new Date(),
});
const newGraph = () => {
  const { poolId } = ours;
  return { ...request, poolId, source: 'plan' as const, model: null, tasks: [], stored: new Map() };
};
const pin = () => ({ ...request, base: 'x', objectFormat: 'sha1' as const, baseBundle: null });
const session = { workerId: 'wrk_of_a', epoch: 9 };
const expiry = () => ({ graceOfServiceMs: 1, limit: 9 });

/** Every function of the room's stores, called in organization B with what A owns. */
const subjects: { name: string; store: object; pure?: string[]; probes: Record<string, Probe> }[] = [
  {
    name: 'requests',
    store: requests,
    pure: ['requestIds', 'requestKeyText'],
    probes: {
      lockRequests: (tx) => requests.lockRequests(tx, [request]),
      lockRequestsOfAttempts: (tx) => requests.lockRequestsOfAttempts(tx, [attempt]),
      tallyRequests: (tx) => requests.tallyRequests(tx, [request]),
      pinBase: (tx) => requests.pinBase(tx, pin()),
      markCancelRequested: (tx) => requests.markCancelRequested(tx, request),
      writeResult: (tx) => requests.writeResult(tx, request, {}),
    },
  },
  {
    name: 'events',
    store: events,
    probes: { appendEvents: (tx) => events.appendEvents(tx, [event()], [{ ...request, status: 'failed' }]) },
  },
  {
    name: 'situations',
    store: situations,
    probes: {
      loadSituations: async (tx) => [...(await situations.loadSituations(tx, [attempt], [situation.request])).values()],
      unsentAttempts: (tx) => situations.unsentAttempts(tx, [request]),
    },
  },
  {
    name: 'ledger rows',
    store: rows,
    pure: ['commitsOf'],
    probes: {
      writeAttempts: (tx) => rows.writeAttempts(tx, [change()]),
      writeTasks: (tx) => rows.writeTasks(tx, [change()]),
      writeLogs: (tx) =>
        rows.writeLogs(tx, [{ ...change(), log: [{ seq: 7, kind: 'text', data: 1, at: new Date().toISOString() }] }]),
    },
  },
  {
    name: 'graphs',
    store: graphs,
    probes: {
      lowerDependents: (tx) => graphs.lowerDependents(tx, [taskKey()]),
      cancelOpenTasks: (tx) => graphs.cancelOpenTasks(tx, [request], { code: 'x.y', message: 'x' }),
    },
  },
  {
    name: 'submits',
    store: submits,
    probes: {
      insertRequest: (tx) => submits.insertRequest(tx, newRequest()),
      findByIdempotencyKey: (tx) => submits.findByIdempotencyKey(tx, request.orgId, 'x'),
      insertGraph: (tx) => submits.insertGraph(tx, newGraph()),
    },
  },
  {
    name: 'works',
    store: works,
    probes: {
      workRows: (tx) => works.workRows(tx, { orgId: request.orgId, limit: 9 }),
      workCount: async (tx) => ((await works.workCount(tx, { orgId: request.orgId })) === 0 ? 'nothing' : SECRET),
      eventRows: (tx) => works.eventRows(tx, { ...request, afterSeq: 0, limit: 9 }),
      workStatus: (tx) => works.workStatus(tx, request.orgId, request.workRequestId),
      finalCommits: (tx) => works.finalCommits(tx, request),
    },
  },
  {
    name: 'tasks',
    store: tasks,
    probes: {
      taskRows: (tx) => tasks.taskRows(tx, { orgId: request.orgId, limit: 9 }),
      logRows: (tx) => tasks.logRows(tx, { ...taskKey(), attempt: 0, afterSeq: 0, limit: 9 }),
    },
  },
  {
    name: 'plans',
    store: plans,
    probes: {
      findPlanningRow: (tx) => plans.findPlanningRow(tx, request),
      storedTasks: (tx) => plans.storedTasks(tx, request),
    },
  },
  {
    name: 'cancels',
    store: cancels,
    probes: {
      cancelsDue: (tx) => cancels.cancelsDue(tx, [session.workerId]),
      markCancelSent: (tx) => cancels.markCancelSent(tx, [attempt.attemptId]),
    },
  },
  {
    name: 'leases',
    store: leases,
    probes: {
      tickLeases: (tx) =>
        leases.tickLeases(tx, { sessions: [{ ...session, attemptIds: [attempt.attemptId] }], graceOfServiceMs: 1 }),
      expiredAttempts: (tx) => leases.expiredAttempts(tx, expiry()),
      attemptsOfSession: (tx) => leases.attemptsOfSession(tx, session.workerId, [attempt.attemptId]),
      continueAttempts: (tx) => leases.continueAttempts(tx, session, [situation]),
      unfetchedAttemptsOf: (tx) => leases.unfetchedAttemptsOf(tx, [session.workerId]),
      liveAttemptsOn: (tx) => leases.liveAttemptsOn(tx, [{ orgId: request.orgId, workerId: session.workerId }]),
      unclaimAttempts: (tx) => leases.unclaimAttempts(tx, [{ ...attempt, epoch: session.epoch }]),
    },
  },
  {
    name: 'artifacts',
    store: artifacts,
    probes: {
      writeArtifacts: (tx) => {
        const transcript = { digest: 'sha256:x', bytes: 1 };
        const ending = { kind: 'completed' as const, result: { ...RESULT, transcript } };
        return artifacts.writeArtifacts(tx, [{ ...change(), ending }]);
      },
    },
  },
  {
    name: 'artifact queries',
    store: artifactQueries,
    probes: {
      artifactRows: (tx) => artifactQueries.artifactRows(tx, { orgId: request.orgId, limit: 9 }),
      firstArtifacts: (tx) =>
        artifactQueries.firstArtifacts(tx, {
          orgId: request.orgId,
          workRequestIds: [request.workRequestId],
          perRequest: 9,
        }),
    },
  },
  {
    name: 'costs',
    store: costs,
    probes: {
      addCosts: (tx) => costs.addCosts(tx, [{ ...request, taskId: attempt.taskId, micros: 5 }]),
      providerOf: (tx) =>
        costs.providerOf(tx, { orgId: request.orgId, attemptId: attempt.attemptId, workerId: session.workerId }),
    },
  },
  {
    name: 'assignments',
    store: assignments,
    probes: { writeAssignments: (tx) => assignments.writeAssignments(tx, [repeated()]) },
  },
  { name: 'claims', store: claims, probes: { claimAttempts: (tx) => claims.claimAttempts(tx, [session], 9) } },
  {
    name: 'ready tasks',
    store: ready,
    probes: { readyRows: (tx) => ready.readyRows(tx, ours.poolId, { limit: 9, exclude: [] }) },
  },
  {
    name: 'sweeps',
    store: sweeps,
    probes: {
      overdueRequests: (tx) => sweeps.overdueRequests(tx, 9),
      stalePlanning: (tx) => sweeps.stalePlanning(tx, 0),
      staleDeliveries: (tx) => sweeps.staleDeliveries(tx, 0),
      poolsWithReadyTasks: (tx) => sweeps.poolsWithReadyTasks(tx),
      trimLogs: (tx) => sweeps.trimLogs(tx, { olderThanMs: 0, keepLines: 0 }),
    },
  },
];

describe.each(subjects)('the store of $name', ({ store, pure = [], probes }) => {
  it('has a probe for every function', () => {
    expect([...Object.keys(probes), ...pure].sort()).toEqual(Object.keys(store).sort());
  });

  it('shows organization B nothing of A and changes nothing of A', async () => {
    const before = await everything();
    expect(before).toContain(SECRET);
    for (const [name, probe] of Object.entries(probes)) {
      const result = await world.uow.tenant(foreign.ctx, probe).catch((error: unknown) => error);
      const shown = inspect(result, { depth: 9, maxArrayLength: null });
      const secrets = [SECRET, request.workRequestId, attempt.taskId, attempt.attemptId];
      if (!(result instanceof Error))
        expect({ name, seen: secrets.filter((text) => shown.includes(text)) }).toEqual({ name, seen: [] });
      expect(await everything(), name).toBe(before);
    }
  });
});

describe('the doors', () => {
  it('treat what is of A as not there', async () => {
    const before = await everything();
    expect(await world.say(foreign, completed(attempt))).toMatchObject([{ status: 'unknown' }]);
    const { ctx } = foreign;
    const notFound = { kind: 'not_found' };
    await expect(world.works.get(ctx, request.workRequestId)).rejects.toMatchObject(notFound);
    await expect(world.works.cancel(ctx, request.workRequestId)).rejects.toMatchObject(notFound);
    await expect(world.works.tasks(ctx, request.workRequestId)).rejects.toMatchObject(notFound);
    await expect(world.works.events(ctx, request.workRequestId, 0, 9)).rejects.toMatchObject(notFound);
    await expect(world.works.task(ctx, attempt.taskId)).rejects.toMatchObject(notFound);
    await expect(world.works.log(ctx, attempt.taskId, { limit: 9 })).rejects.toMatchObject(notFound);
    const following = world.works.follow(ctx, request.workRequestId, 0, new AbortController().signal);
    await expect(following.next()).rejects.toMatchObject(notFound);
    await world.plans.fail(ctx, request.workRequestId, { code: 'x.y', message: 'x' });
    await world.delivery.fail(ctx, request.workRequestId, { code: 'x.y', message: 'x' });
    expect(await world.plans.find(ctx, request.workRequestId)).toBeUndefined();
    expect(await world.delivery.pending(ctx, request.workRequestId)).toBeUndefined();
    const cost = { ...request, taskId: attempt.taskId, micros: 5 };
    await world.uow.tenant(ctx, (tx) => world.attempts.addCost(tx, [cost]));
    const failure = { class: 'task' as const, code: 'x.y', message: 'x' };
    const ended = { ...attempt, status: 'failed' as const, failure };
    expect(await world.uow.tenant(ctx, (tx) => world.attempts.abort(tx, [ended]))).toEqual([]);
    expect(await everything()).toBe(before);
  });
});
