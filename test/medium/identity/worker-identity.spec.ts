import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnrolledWorker, WorkerView } from '@coorchat/contracts';
import { isAppError, newId } from '@coorchat/kernel';
import { TUNNEL_PATH, TunnelUnauthorized, TunnelWorker } from '@coorchat/tunnel';
import { Module } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { approvalByPerson } from '../../../apps/worker/src/enrolment/person-approval.js';
import { adoptRegistration } from '../../../apps/worker/src/enrolment/registered-key.js';
import { WorkerKey } from '../../../apps/worker/src/enrolment/worker-key.js';
import { TunnelAccess } from '../../../src/edge/tunnel/tunnel-access.service.js';
import { AccessTokens, BootstrapKey, Interactions } from '../../../src/identity/index.js';
import { createHttpApp, type HttpApp, PublicUrl } from '../../../src/platform/http/index.js';
import { migrateQueue } from '../../../src/platform/queue/index.js';
import { ControlPlaneModule } from '../../../src/processes/control-plane.module.js';
import type { ServingProcess } from '../../../src/processes/process-modules.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { enrolment, tokensOf } from '../../support/worker-identity.js';
import { signedInPerson } from '../oidc/oidc-app.js';
import { type Call, caller } from '../rooms/rooms-app.js';
import { card } from '../rooms/worker-cards.js';

const PATIENCE = { timeout: 10_000, interval: 50 };
/** In which revoked workers have to be off every process. */
const REVOKED = { timeout: 5_000, interval: 50 };

interface Replica {
  readonly app: HttpApp;
  readonly url: string;
}

let database: TestDatabase;
let api: Replica;
let tunnel: Replica;
let admin: Call;
const lines: TunnelWorker[] = [];

async function replica(processes: readonly ServingProcess[]): Promise<Replica> {
  @Module({ imports: [ControlPlaneModule.of(database.config, [...processes])] })
  class ReplicaModule {}

  const app = await createHttpApp(ReplicaModule, database.config);
  await app.listen();
  return { app, url: app.nest.get(PublicUrl, { strict: false }).value };
}

beforeAll(async () => {
  database = await testDatabase();
  await migrateQueue(database.config);
  api = await replica(['api', 'tunnel']);
  tunnel = await replica(['tunnel']);
  const { key } = await api.app.nest.get(BootstrapKey, { strict: false }).ensure({ replaceLostKey: true });
  admin = caller(api.url, key ?? '');
});
afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.stop({ graceMs: 0 })));
});
afterAll(async () => {
  await tunnel?.app.close();
  await api?.app.close();
  await database?.close();
});

interface Machine extends EnrolledWorker {
  readonly key: WorkerKey;
}

let count = 0;
async function machine(skills = ['*']): Promise<Machine> {
  const key = WorkerKey.generate();
  const { token } = (await admin<{ token: string }>('POST', '/v1/enrolment-tokens', { skills })).body;
  const body = await enrolment(token, `machine ${++count}`, key);
  return { ...(await admin<EnrolledWorker>('POST', '/v1/workers/enrol', body)).body, key };
}

function dial(worker: Machine, url = tunnel.url) {
  const tokens = tokensOf(url, worker, worker.key);
  const seen = { epochs: [] as number[], shown: [] as string[], ended: undefined as unknown };
  const line = new TunnelWorker({
    url: `${url.replace('http', 'ws')}${TUNNEL_PATH}`,
    credential: async (demand) => {
      const shown = await tokens.show('GET', TUNNEL_PATH, demand).catch((error: unknown) => {
        if (isAppError(error) && error.kind === 'unauthenticated') throw new TunnelUnauthorized();
        throw error;
      });
      seen.shown.push(shown.token);
      return shown;
    },
    handler: () => Promise.reject(new Error('nothing is asked here')),
    backoff: { baseMs: 50, maxMs: 200, factor: 2, jitter: 0 },
    hooks: {
      hello: () => Promise.resolve({ card: card(), features: [], held: [] }),
      onWelcome: ({ epoch }) => void seen.epochs.push(epoch),
      onAck: () => undefined,
      onLease: () => undefined,
      onVerdict: () => undefined,
      onDrain: () => undefined,
      load: () => ({}),
    },
  });
  lines.push(line);
  void line.run().catch((error: unknown) => (seen.ended = error));
  return { line, seen };
}

async function connected(worker: Machine, url?: string) {
  const dialled = dial(worker, url);
  await expect.poll(() => dialled.line.state, PATIENCE).toBe('open');
  return dialled;
}

/** Status of an upgrade with these headers. */
function upgrade(headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${tunnel.url.replace('http', 'ws')}${TUNNEL_PATH}`, { headers });
  return new Promise((resolve) => {
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      resolve(statusCode);
    });
    socket.once('open', () => resolve(101));
    socket.on('error', () => undefined);
  });
}

describe('enrolment with a key', () => {
  it('takes no proof of another token, of another key, or none', async () => {
    const { token } = (await admin<{ token: string }>('POST', '/v1/enrolment-tokens', {})).body;
    const of = async (proof: string) => (await admin('POST', '/v1/workers/enrol', { token, name: 'x', proof })).body;
    const good = await WorkerKey.generate().enrolmentProof(token);
    const [header, , signature] = good.split('.');
    const [, claims] = (await WorkerKey.generate().enrolmentProof(token)).split('.');
    const wrong = [await WorkerKey.generate().enrolmentProof('cce_other'), `${header}.${claims}.${signature}`, 'x'];
    for (const proof of wrong) expect(await of(proof)).toMatchObject({ code: 'identity.bad_key_proof' });
    expect(await of(good)).toMatchObject({ clientId: expect.stringMatching(/^cli_/) });
  });
});

describe('a key that is registered before', () => {
  it('is the worker at once, without a token', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'registered-'));
    try {
      const key = WorkerKey.generate();
      const body = { name: 'known before', jwk: key.publicJwk, skills: ['build'] };
      const { status, body: made } = await admin<EnrolledWorker>('POST', '/v1/workers', body);
      expect(status).toBe(201);
      const { workerId, orgId, clientId } = made;
      const adopt = (by: WorkerKey) => adoptRegistration({ url: api.url, name: 'm', dataDir, key: by, clientId });
      await expect(adopt(WorkerKey.generate())).rejects.toMatchObject({ code: 'worker.key_not_registered' });
      expect(await adopt(key)).toMatchObject({ workerId, orgId, clientId });
      expect((await connected({ ...made, key })).seen.epochs).toEqual([1]);
      const secret = { ...key.publicJwk, d: 'x' };
      expect((await admin('POST', '/v1/workers', { name: 'y', jwk: secret })).status).toBe(400);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe('a machine that somebody lets in by browser', () => {
  it('works in the cluster with the skills that were chosen, and only one machine does, however many come', async () => {
    const replica = {
      ...api,
      get: <T>(type: abstract new (...of: never[]) => T) => api.app.nest.get<T>(type, { strict: false }),
    };
    const { session, orgId } = await signedInPerson(
      { ...replica, [Symbol.asyncDispose]: async () => undefined },
      database,
    );
    const clusterId = newId('cluster');
    const made = { orgId, id: clusterId, name: 'second', poolId: newId('pool'), tier: 'self-hosted' };
    const budget = { defaultMaxCostMicros: 1_000_000n, defaultMaxDurationMs: 60_000n };
    await database.uow.tenant({ orgId }, async (tx) => {
      await tx.sql`INSERT INTO capacity_pool (id, kind) VALUES (${made.poolId}, 'cluster')`;
      await tx.db.cluster.create({ data: { ...made, ...budget, allowCommands: true, network: 'none' } as never });
    });
    const visitor = { requestId: 'req_test', origin: {} };
    const scopes = ['worker:register', 'skill:build', 'skill:review'];
    const approve = (code: string) =>
      replica.get(Interactions).approveDevice(code, { session, orgId, visitor, clusterId, scopes });
    const outcomes: unknown[] = [];
    const show = (code: string) => void approve(code).then((outcome) => outcomes.push(outcome));
    const skills = ['build', 'deploy', 'review'];
    const token = await approvalByPerson({ url: api.url, name: 'm', skills, show });
    expect(outcomes).toEqual([{ kind: 'approved' }]);
    const keys = Array.from({ length: 6 }, () => WorkerKey.generate());
    const answers = await Promise.all(
      keys.map(async (key, index) => {
        const { url } = index % 2 === 0 ? api : tunnel;
        const body = await enrolment(token, `let in ${index}`, key);
        return { key, ...(await caller(url, '')<EnrolledWorker>('POST', '/v1/workers/enrol', body)) };
      }),
    );
    const [first, ...more] = answers.filter(({ status }) => status === 201);
    expect([more, first?.body]).toMatchObject([[], { orgId, clusterId }]);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(keys.length - 1);
    if (first === undefined) return;
    const { seen } = await connected({ ...first.body, key: first.key });
    const claims = JSON.parse(Buffer.from(seen.shown.at(-1)?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.scope.split(' ').filter((scope: string) => scope.startsWith('skill:'))).toEqual([
      'skill:build',
      'skill:review',
    ]);
  });

  it('stays outside when whoever approved it may do that no more', async () => {
    const replica = {
      ...api,
      get: <T>(type: abstract new (...of: never[]) => T) => api.app.nest.get<T>(type, { strict: false }),
    };
    const { session, orgId, userId } = await signedInPerson(
      { ...replica, [Symbol.asyncDispose]: async () => undefined },
      database,
    );
    const visitor = { requestId: 'req_test', origin: {} };
    const show = (code: string) => void replica.get(Interactions).approveDevice(code, { session, orgId, visitor });
    const token = await approvalByPerson({ url: api.url, name: 'm', show });
    await database.uow.tenant(
      { orgId },
      (tx) => tx.sql`UPDATE member SET role = 'developer' WHERE user_id = ${userId}`,
    );
    expect((await admin('POST', '/v1/workers/enrol', await enrolment(token, 'too late'))).status).toBe(401);
  });
});

describe('the tunnel', () => {
  it('opens for a token with its proof alone', async () => {
    const worker = await machine();
    const tokens = tokensOf(tunnel.url, worker, worker.key);
    const { token } = await tokens.show('GET', TUNNEL_PATH);
    const stolen = await WorkerKey.generate().proof({ method: 'GET', url: tunnel.url + TUNNEL_PATH, token });
    expect(await upgrade({})).toBe(401);
    expect(await upgrade({ authorization: `Bearer ${token}` })).toBe(401);
    expect(await upgrade({ authorization: `DPoP ${token}` })).toBe(401);
    expect(await upgrade({ authorization: `DPoP ${token}`, dpop: stolen })).toBe(401);
    expect((await connected(worker)).seen.epochs).toEqual([1]);
  });

  it('asks for another token on the open line, and closes it when the token ends', async () => {
    const worker = await machine();
    const { seen } = await connected(worker);
    const access = tunnel.app.nest.get(TunnelAccess, { strict: false });
    const before = seen.shown.length;
    access.look(new Date(Date.now() + 560_000));
    await expect.poll(() => seen.shown.length, PATIENCE).toBe(before + 1);
    expect(seen.epochs).toEqual([1]);
    access.look(new Date(Date.now() + 700_000));
    await expect.poll(() => seen.epochs, PATIENCE).toEqual([1, 2]);
  });

  it('leaves the newest session the word, and tells when another one lived', async () => {
    const worker = await machine();
    const first = await connected(worker);
    await first.line.stop({ graceMs: 0 });
    const view = async () => (await admin<WorkerView>('GET', `/v1/workers/${worker.workerId}`)).body;
    await expect.poll(async () => (await view()).status, PATIENCE).toBe('offline');
    await connected(worker);
    expect((await view()).secondSessionAt).toBeNull();
    await connected(worker, api.url);
    expect((await view()).secondSessionAt).toEqual(expect.any(String));
    const system = await database.connect('system');
    const { rows } = await system.query("SELECT subject FROM outbox_event WHERE type = 'registry.second_session'");
    expect(rows).toEqual(expect.arrayContaining([{ subject: worker.workerId }]));
  });
});

describe('a worker that is removed', () => {
  it('is off every process within seconds, and gets no token again', async () => {
    const worker = await machine();
    const [here, there] = [await connected(worker, api.url), await connected(await machine())];
    const other = await connected(worker);
    expect((await admin('DELETE', `/v1/workers/${worker.workerId}`)).status).toBe(204);
    await expect.poll(() => other.seen.ended, REVOKED).toBeInstanceOf(TunnelUnauthorized);
    await expect.poll(() => here.seen.ended, REVOKED).toBeInstanceOf(TunnelUnauthorized);
    await expect(tokensOf(api.url, worker, worker.key).show('GET', '/')).rejects.toMatchObject({
      code: 'test.revoked',
    });
    expect(there.line.state).toBe('open');
  });
});

describe('granted skills', () => {
  it('change at once, in the view and in the next token', async () => {
    const worker = await machine(['build']);
    const { seen } = await connected(worker);
    const path = `/v1/workers/${worker.workerId}`;
    expect((await admin<WorkerView>('PATCH', path, { skills: ['review'] })).body.grantedSkills).toEqual(['review']);
    await expect.poll(() => seen.epochs.length, PATIENCE).toBeGreaterThan(1);
    // In the same second, most often: the first token after the change is good.
    const { token } = await tokensOf(tunnel.url, worker, worker.key).show('GET', '/');
    const access = tunnel.app.nest.get(AccessTokens, { strict: false });
    expect(await access.verify(token)).toMatchObject({ claims: { clientGeneration: 2 } });
    expect(await access.verify(seen.shown[0] ?? '')).toHaveProperty('challenge');
    expect(new Set(seen.shown).size).toBe(2);
    const claims = JSON.parse(Buffer.from(seen.shown.at(-1)?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.scope.split(' ')).toContain('skill:review');
    expect(claims.scope).not.toContain('skill:build');
  });
});
