import { createHash } from 'node:crypto';
import type { Assignment } from '@coorchat/a2a';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptTokenKey, sealAttemptToken } from '../../../src/identity/attempt-token.rules.js';
import { testConfig } from '../../support/test-config.js';
import { Books } from './books.js';
import { attemptOfA, enrolled, LyingWorker, submitted } from './machines.js';
import { absentId, masked, type Reply } from './replies.js';
import { TwoOrganizations } from './two-organizations.js';

const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const OF_A = 'a secret of A';
const ABSENT_DIGEST = `sha256:${'0'.repeat(64)}`;
const HOUR_MS = 3_600_000;

interface Called {
  readonly token: string;
  readonly digest: string;
  readonly attemptId: string;
}

let world: TwoOrganizations;
let books: Books;
let ofA: Assignment;
let ofB: Assignment;
let machine: LyingWorker;
let before: Awaited<ReturnType<TwoOrganizations['rowsOfA']>>;

function octets(method: string, { token, digest }: Called, content?: string, more: object = {}): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', ...more };
  return world.sendRaw(method, `/attempt-api/blobs/${digest}`, content, headers);
}

const upload = (called: Called, content: string) =>
  octets('PATCH', called, content, { 'upload-offset': '0', 'upload-length': String(content.length) });

/** By route: a new one for attempts has no walk here, and fails the test. */
const WALKS: Readonly<Record<string, (called: Called) => Promise<Reply>>> = {
  'HEAD /attempt-api/blobs/:digest': (called) => octets('HEAD', called),
  'GET /attempt-api/blobs/:digest': (called) => octets('GET', called),
  'PATCH /attempt-api/blobs/:digest': (called) => upload(called, 'x'.repeat(OF_A.length)),
  'POST /attempt-api/model/v1/messages': ({ token, attemptId }) => {
    const body = { model: 'claude-opus-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] };
    const headers = { authorization: `Bearer ${token}`, 'x-coorchat-call-id': `${attemptId}-1` };
    return world.send('b', 'POST', '/attempt-api/model/v1/messages', body, headers);
  },
};

beforeAll(async () => {
  const model = { ...testConfig().model, apiKey: 'of the control plane', baseUrl: 'http://127.0.0.1:9' };
  [world, books] = await Books.of(() => TwoOrganizations.start({ leaseMs: HOUR_MS, model }));
  ofA = await attemptOfA(world);
  expect((await upload({ ...ofA.api, digest: digestOf(OF_A), attemptId: ofA.attemptId }, OF_A)).status).toBe(201);
  await submitted(world, 'b');
  machine = await LyingWorker.dial(world, await enrolled(world, 'b', 'liar'));
  machine.hello();
  ofB = await machine.assignment();
  before = await world.settledRowsOfA();
});
afterAll(async () => {
  await machine.hangUp();
  await world.close();
});

/** What our own key would say if something of ours mixed the ids. */
function mixedToken(attempt: Pick<Assignment, 'attemptId'>, workRequestId: string, taskId: string): string {
  const key = attemptTokenKey(world.plane.database.config.secretKey);
  const expiresAt = new Date(Date.now() + HOUR_MS);
  const { attemptId } = attempt;
  const claims = { orgId: world.b.orgId, attemptId, workRequestId, taskId, workerId: absentId('wrk') };
  return sealAttemptToken(key, { ...claims, fence: ofA.fence, expiresAt });
}

describe('as an attempt of organization B', () => {
  it('has a walk for every route of attempts', () => {
    const routes = books.routes.filter(({ url }) => url.startsWith('/attempt-api'));
    expect(Object.keys(WALKS).sort()).toEqual(routes.map(({ method, url }) => `${method} ${url}`).sort());
  });

  it.each(Object.keys(WALKS))('%s answers for what is of A as for what is not there', async (route) => {
    const walk = WALKS[route] ?? expect.unreachable();
    const { token } = ofB.api;
    const ours = (digest: string, attemptId: string) => walk({ token, digest, attemptId });
    await ours(ABSENT_DIGEST, absentId('att'));
    const absent = await ours(ABSENT_DIGEST, absentId('att'));
    const foreign = await ours(digestOf(OF_A), ofA.attemptId);
    expect(masked(foreign)).toBe(masked(absent));
    expect(foreign.statements).toBe(absent.statements);
    expect(foreign.status).toBeGreaterThanOrEqual(400);
    expect(foreign.body).not.toContain(OF_A);
    expect(await world.rowsOfA()).toEqual(before);
  });

  it.each(Object.keys(WALKS))('%s takes no token that mixes B with an attempt of A', async (route) => {
    const walk = WALKS[route] ?? expect.unreachable();
    const { workRequestId, taskId } = ofA.grant;
    const asked = { digest: digestOf(OF_A), attemptId: ofA.attemptId };
    const nobody = { digest: digestOf(OF_A), attemptId: absentId('att') };
    const absentToken = mixedToken(nobody, absentId('wrq'), absentId('tsk'));
    await walk({ ...nobody, token: absentToken });
    const absent = await walk({ ...nobody, token: absentToken });
    const foreign = await walk({ ...asked, token: mixedToken(ofA, workRequestId, taskId) });
    expect(masked(foreign)).toBe(masked(absent));
    expect(foreign.statements).toBe(absent.statements);
    expect(foreign.statements).toBeGreaterThan(0);
    expect(foreign.status).toBe(403);
    expect(await world.rowsOfA()).toEqual(before);
  });
});
