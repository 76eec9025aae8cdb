import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@coorchat/a2a';
import type {
  ArtifactView,
  AuditRecordView,
  EnrolledWorker,
  OrganizationView,
  Page,
  WorkView,
} from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditRecordView, AuditStore, ChainCheck } from '../../../src/audit/index.js';
import { newSecret } from '../../../src/identity/secret.rules.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { PageVisitor } from '../../support/page-visitor.js';
import { type Script, ScriptedWorker } from '../../support/scripted-worker.js';
import { enrolment } from '../../support/worker-identity.js';
import { OauthCalls } from '../oidc/oauth-calls.js';

const PATIENCE = { timeout: 20_000, interval: 200 };
const PASSWORD = 'plover magnet 41 kiosk';
const EMAIL = 'ada@example.com';
const SCOPES = 'work:submit work:read work:cancel cluster:admin audit:read billing:read skill:*';

let plane: TestControlPlane;
let folder: string;
let token: string;
let orgId: string;
/** Made on the way, by what they are. */
const made: Record<string, string> = {};

const USAGE = {
  inputTokens: 1_000,
  outputTokens: 100,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
};
const transcript = Buffer.from('{"said":"hello"}\n');

async function keep({ api }: Assignment) {
  const digest = `sha256:${createHash('sha256').update(transcript).digest('hex')}`;
  const headers = {
    authorization: `Bearer ${api.token}`,
    'content-type': 'application/octet-stream',
    'upload-offset': '0',
    'upload-length': String(transcript.length),
  };
  await fetch(`${api.url}/blobs/${digest}`, { method: 'PATCH', headers, body: new Uint8Array(transcript) });
  return { digest, bytes: transcript.length };
}

/** Tasks with `bad` in their title fail; others cost something and leave a transcript. */
const script: Script = async function* (assignment) {
  yield { state: 'working' };
  if (assignment.title.includes('bad')) {
    yield { state: 'failed', failure: { class: 'task', code: 'test.bad', message: 'no' } };
    return;
  }
  yield { usage: { callId: `${assignment.attemptId}-1`, model: 'claude-haiku-4-5', usage: USAGE } };
  const result = { summary: 'done', commits: null, checks: [], prepared: null, transcript: await keep(assignment) };
  yield { state: 'completed', result };
};

async function send(method: string, path: string, body?: object, credential = token): Promise<Response> {
  const headers = { authorization: `Bearer ${credential}`, ...(body && { 'content-type': 'application/json' }) };
  return fetch(plane.url + path, { method, headers, body: body ? JSON.stringify(body) : null });
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await send(method, path, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function linkInLetter(): Promise<URL> {
  return vi.waitFor(async () => {
    const [name = ''] = await readdir(folder);
    const text = (await readFile(join(folder, name), 'utf8')).replace(/=\n/g, '').replace(/=3D/g, '=');
    return new URL(/http:\S+token=[\w-]+/.exec(text)?.[0] ?? '');
  }, PATIENCE);
}

async function signUpAndFail(): Promise<PageVisitor> {
  const visitor = new PageVisitor(plane);
  await visitor.submit('/auth/sign-up', { name: 'Ada', email: EMAIL, organization: 'Engines', password: PASSWORD });
  const { pathname, search, searchParams } = await linkInLetter();
  await visitor.submit(pathname + search, { token: searchParams.get('token') ?? '', password: PASSWORD });
  const stranger = new PageVisitor(plane);
  await stranger.submit('/auth/sign-in', { email: EMAIL, password: 'something else' });
  await stranger.submit('/auth/sign-in', { email: 'nobody@example.com', password: 'something else' });
  await stranger.submit('/auth/sign-in', { email: EMAIL, password: PASSWORD });
  return visitor;
}

async function authorize(visitor: PageVisitor): Promise<void> {
  const calls = new OauthCalls(plane);
  const clientId = await calls.clientId();
  const browser = { cookie: visitor.cookie('coorchat-session') } as never;
  const { code, verifier } = await calls.code(browser, { client_id: clientId, scope: SCOPES });
  const { body } = await calls.redeem(clientId, code, verifier);
  token = String(body['access_token']);
  ({ id: orgId } = await call<{ id: string }>('GET', '/v1/organization'));
  await calls.redeem(clientId, code, verifier);
  await calls.bySecret(newId('oauthClient'), 'wrong');
}

async function configure(): Promise<void> {
  await call('PATCH', '/v1/organization', { name: 'Engines Ltd' });
  const { clusters } = await call<OrganizationView>('GET', '/v1/organization');
  await call('PATCH', `/v1/clusters/${clusters[0]?.id}`, { maxConcurrentTasks: 9 });
  await call('PUT', '/v1/audit/retention', { days: 90 });
  await call('PUT', '/v1/repositories', { url: 'https://git.example/engines' });
  await call('POST', '/v1/sso/domains', { domain: 'engines.example' });
  await call('POST', '/v1/invitations', { email: 'grace@example.com', role: 'viewer' });
}

async function refusals(): Promise<void> {
  const narrow = await call<{ key: string; id: string }>('POST', '/v1/api-keys', {
    ...{ name: 'narrow', scopes: ['work:read'], kind: 'organization' },
  });
  made['key'] = narrow.id;
  for (let times = 0; times < 3; times++) await send('GET', '/v1/audit', undefined, narrow.key);
  const rpc = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message: {} } };
  const headers = { authorization: `Bearer ${narrow.key}`, 'content-type': 'application/json', 'a2a-version': '1.0' };
  await fetch(`${plane.url}/a2a`, { method: 'POST', headers, body: JSON.stringify(rpc) });
  await call('DELETE', `/v1/api-keys/${narrow.id}`);
  await send('GET', '/v1/organization', undefined, narrow.key);
  await send('GET', '/v1/organization', undefined, newSecret('cck'));
  await send('GET', '/v1/organization', undefined, 'a.b.c');
  await send('GET', '/scim/v2/Users', undefined, newSecret('ccd'));
  await fetch(`${plane.url}/attempt-api/model/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'forged' } });
  await fetch(`${plane.url}/oidc/token`, { method: 'POST', headers: { cookie: 'x'.repeat(20_000) } });
}

async function machines(): Promise<void> {
  const { token: enrolmentToken } = await call<{ token: string }>('POST', '/v1/enrolment-tokens', {});
  const body = await enrolment(enrolmentToken, 'spare');
  const { workerId } = await call<EnrolledWorker>('POST', '/v1/workers/enrol', body);
  made['worker'] = workerId;
  await send('POST', '/v1/workers/enrol', body);
  await call('PATCH', `/v1/workers/${workerId}`, { skills: ['node-dev'] });
  await call('DELETE', `/v1/workers/${workerId}`);
}

async function work(): Promise<void> {
  const engines = { url: plane.url, port: plane.port, call } as unknown as TestControlPlane;
  const worker = await ScriptedWorker.enrol(engines, { script });
  for (const title of ['good', 'bad']) {
    const task = { key: 'a', kind: 'tool', title, tool: { server: 'bench', name: 'noop' } };
    const { id } = await call<WorkView>('POST', '/v1/work-requests', { description: title, plan: { tasks: [task] } });
    made[title] = id;
    const status = async () => (await call<WorkView>('GET', `/v1/work-requests/${id}`)).status;
    await vi.waitFor(async () => expect(['completed', 'failed']).toContain(await status()), PATIENCE);
  }
  const plan = { tasks: [{ key: 'a', kind: 'tool', title: 'late', tool: { server: 'nowhere', name: 'noop' } }] };
  const { id: canceled } = await call<WorkView>('POST', '/v1/work-requests', { description: 'late', plan });
  made['canceled'] = canceled;
  await call('POST', `/v1/work-requests/${canceled}/cancel`);
  await worker.stop();
  const { items } = await call<Page<ArtifactView>>('GET', `/v1/work-requests/${made['good']}/artifacts`);
  made['artifact'] = items[0]?.id ?? '';
  for (let times = 0; times < 3; times++) await send('GET', `/v1/artifacts/${made['artifact']}/content`);
  await send('GET', '/v1/audit/export');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coorchat-audit-'));
  plane = await TestControlPlane.start({ mail: { from: 'coorchat@example.com', folder } });
  await authorize(await signUpAndFail());
  await configure();
  await refusals();
  await machines();
  await work();
  // What was counted is told at the end of a process at the latest; the next one writes it into the chains.
  await plane.down();
  await plane.up();
}, 120_000);

afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

async function chain(of: string): Promise<AuditRecordView[]> {
  const { uow } = plane.database;
  const records = await uow.system('audit.verify', (tx) =>
    new AuditStore().readOn(tx, of, { afterSeq: 0, limit: 500 }),
  );
  return records.map(auditRecordView);
}

const recordOf = (of: string, type: string, expected: object) =>
  vi.waitFor(async () => {
    const all = (await chain(of)).filter((record) => record.type === type);
    expect(all).toEqual(expect.arrayContaining([expect.objectContaining(expected)]));
  }, PATIENCE);

const data = (fields: object) => ({ data: expect.objectContaining(fields) as object });
const actor = (kind: string) => ({ actor: expect.objectContaining({ kind }) as object });

/** What happened to whom, as the chain of the organization should tell it. */
const OF_ORGANIZATION: [what: string, type: string, expected: () => object][] = [
  ['a sign-in', 'identity.signed_in', () => ({ ...actor('user'), address: '127.0.0.1' })],
  ['a failed sign-in', 'identity.sign_in_failed', () => data({ reason: 'wrong_password' })],
  ['consent to a program', 'identity.grant_created', () => actor('user')],
  ['an issued token', 'identity.token_issued', () => data({ grantType: 'authorization_code' })],
  ['an invited member', 'tenancy.member_invited', () => actor('user')],
  ['a new key', 'identity.key_created', () => ({ object: made['key'] })],
  ['a revoked key', 'identity.key_revoked', () => ({ object: made['key'] })],
  ['a renamed organization', 'tenancy.organization_renamed', () => data({ after: { name: 'Engines Ltd' } })],
  ['a changed cluster', 'tenancy.cluster_changed', () => data({ after: { maxConcurrentTasks: 9 } })],
  ['a changed retention', 'audit.retention_changed', () => data({ after: { days: 90 } })],
  ['an added repository', 'repository.added', () => data({ before: null })],
  ['a claimed domain', 'identity.domain_added', () => data({ domain: 'engines.example' })],
  ['a token for machines', 'identity.enrolment_token_created', () => actor('user')],
  ['an enrolled machine', 'worker.registered', () => ({ object: made['worker'] })],
  ['other skills of a machine', 'registry.skills_granted', () => ({ object: made['worker'] })],
  ['a removed machine', 'worker.removed', () => ({ object: made['worker'] })],
  ['submitted work', 'work.submitted', () => ({ object: made['good'], ...actor('user') })],
  ['completed work', 'work.completed', () => ({ object: made['good'] })],
  ['failed work', 'work.failed', () => ({ object: made['bad'] })],
  ['who called work off', 'work.cancel_requested', () => ({ object: made['canceled'], ...actor('user') })],
  ['work that was called off', 'work.canceled', () => ({ object: made['canceled'] })],
  ['a completed task', 'task.completed', () => actor('worker')],
  ['a failed task', 'task.failed', () => actor('worker')],
  ['what a call of a model cost', 'cost.recorded', () => ({ ...actor('worker'), ...data({ source: 'worker' }) })],
  ['a transcript that was read, three times', 'work.artifact_read', () => ({ object: made['artifact'] })],
  ['the trail’s own export', 'audit.exported', () => actor('user')],
  ['a denied call, with its number', 'identity.access_denied', () => ({ object: 'audit:read', ...data({ count: 3 }) })],
  ['a denied A2A call', 'identity.access_denied', () => ({ object: 'work:submit', ...data({ route: 'POST /a2a' }) })],
  ['a revoked key that was shown', 'identity.credential_refused', () => ({ object: made['key'] })],
  [
    'a used token for machines',
    'identity.credential_refused',
    () => ({ address: '127.0.0.1', ...data({ code: 'identity.enrolment_refused' }) }),
  ],
];

const refused = (code: string) => () => data({ code });

const OF_PLATFORM: [what: string, type: string, expected: () => object][] = [
  ['somebody whom nobody knows', 'identity.sign_in_failed', () => data({ reason: 'wrong_password' })],
  ['a key that nobody has', 'identity.credential_refused', refused('http.unauthenticated')],
  ['a forged token', 'identity.credential_refused', refused('http.invalid_token')],
  ['a directory that nobody knows', 'identity.credential_refused', refused('identity.scim_token_refused')],
  ['a forged token of an attempt', 'identity.credential_refused', refused('model.bad_attempt_token')],
  ['headers that are too large', 'identity.request_refused', refused('http.headers_too_large')],
  ['a client with a wrong secret', 'identity.token_refused', () => data({ error: 'invalid_client' })],
  ['a code that is shown again', 'identity.token_refused', () => data({ error: 'invalid_grant' })],
  ['a program that registered', 'identity.client_registered', () => ({})],
  ['a start with its settings', 'platform.started', () => data({ settings: expect.any(Object) as object })],
  ['looks across organizations', 'platform.system_doors_used', () => ({})],
];

describe('the chain of an organization', () => {
  it.each(OF_ORGANIZATION)('has %s', async (_what, type, expected) => recordOf(orgId, type, expected()));

  it('has one record of what was read again and again', async () => {
    const reads = (await chain(orgId)).filter(({ type }) => type === 'work.artifact_read');
    expect(reads.reduce((sum, { data: { count } }) => sum + Number(count), 0)).toBe(3);
    expect(reads.length).toBeLessThanOrEqual(2);
  });

  it('says nothing secret', async () => {
    const text = JSON.stringify([...(await chain(orgId)), ...(await chain('platform'))]);
    for (const secret of [PASSWORD, 'something else', token, 'nobody@example.com']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/cc[kde]_\w{20}/);
  });
});

describe('the chain of the platform', () => {
  it.each(OF_PLATFORM)('has %s', async (_what, type, expected) => recordOf('platform', type, expected()));
});

describe('all chains', () => {
  it('fit, link by link', async () => {
    const reports = await Array.fromAsync(new ChainCheck(plane.database.uow, new AuditStore()).run());
    expect(reports.map(({ orgId: of }) => of)).toEqual(expect.arrayContaining([orgId, 'platform']));
    expect(reports.filter(({ broken }) => broken)).toEqual([]);
  });
});
