import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Accounts, CLI_CLIENT_ID, Interactions, Sessions, WORKER_CLIENT_ID } from '../../../src/identity/index.js';
import { AllowedPrograms } from '../../../src/identity/oidc/allowed-programs.service.js';
import { MemberRoster, Members } from '../../../src/tenancy/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { newsOf } from '../tenancy/tenancy-world.js';
import { OauthCalls, part } from './oauth-calls.js';
import { joinAs, type OidcApp, ownerOf, type SignedInPerson, signedInPerson, startOidc } from './oidc-app.js';

const VISITOR = { requestId: 'req_test', origin: { address: '127.0.0.1' } };

let database: TestDatabase;
let oidc: OidcApp;
let person: SignedInPerson;
let calls: OauthCalls;
let clientId: string;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database);
  calls = new OauthCalls(oidc);
  clientId = await calls.clientId();
});

beforeEach(async () => {
  person = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

async function tokens(who = person, parameters: Record<string, string> = {}) {
  const { code, verifier } = await calls.code(who, { client_id: clientId, ...parameters });
  const { body } = await calls.redeem(clientId, code, verifier);
  return { ...body, claims: part(String(body['access_token']), 1) } as { refresh_token: string; claims: object };
}

describe('what a person lets a program do', () => {
  it('is cut down to the role in the organization', async () => {
    const boss = await signedInPerson(oidc, database);
    await joinAs(oidc, database, { orgId: boss.orgId, userId: person.userId, role: 'viewer' });
    const { claims } = await tokens(person, { organization: boss.orgId, scope: 'work:read work:submit cluster:admin' });
    expect(claims).toMatchObject({ org_id: boss.orgId, scope: 'work:read' });
  });

  it('is nothing in an organization of others', async () => {
    const boss = await signedInPerson(oidc, database);
    await expect(tokens(person, { organization: boss.orgId })).rejects.toThrow(/stuck at 403/);
  });

  it('is on record, and ends when they leave the organization', async () => {
    const boss = await signedInPerson(oidc, database);
    await joinAs(oidc, database, { orgId: boss.orgId, userId: person.userId, role: 'developer' });
    const { refresh_token: token } = await tokens(person, { organization: boss.orgId });
    expect((await newsOf(database, boss.orgId)).map(({ type }) => type)).toContain('identity.grant_created');
    const member = await database.uow.tenant(boss, (tx) => oidc.get(Members).find(tx, person.userId));
    await oidc.get(MemberRoster).remove(ownerOf(boss), member?.id ?? '');
    expect((await calls.refresh(clientId, token)).body['error']).toBe('invalid_grant');
  });

  it('ends when they sign out everywhere, and when they are disabled', async () => {
    const { refresh_token: first } = await tokens();
    const visitor = VISITOR;
    await oidc.get(Sessions).signOutEverywhere({ userId: person.userId, visitor });
    expect((await calls.refresh(clientId, first)).body['error']).toBe('invalid_grant');
    const other = await signedInPerson(oidc, database);
    const { refresh_token: second } = await tokens(other);
    await oidc.get(Accounts).disable(other.userId, visitor);
    expect((await calls.refresh(clientId, second)).body['error']).toBe('invalid_grant');
  });

  it('can be looked at and taken back', async () => {
    const { refresh_token: token, claims } = await tokens();
    const programs = oidc.get(AllowedPrograms);
    const [grant] = await programs.list(person.userId);
    expect(grant).toMatchObject({
      clientName: 'Editor',
      orgId: person.orgId,
      id: (claims as { grant_id: string }).grant_id,
    });
    const stranger = await signedInPerson(oidc, database);
    await programs.end(grant?.id ?? '', { session: stranger.session, visitor: VISITOR });
    expect(await programs.list(person.userId)).toHaveLength(1);
    await programs.end(grant?.id ?? '', { session: person.session, visitor: VISITOR });
    expect(await programs.list(person.userId)).toEqual([]);
    expect((await calls.refresh(clientId, token)).body['error']).toBe('invalid_grant');
    const system = await database.connect('system');
    const { rows } = await system.query("SELECT subject FROM revocation WHERE kind = 'grant'");
    expect(rows).toContainEqual({ subject: grant?.id });
  });

  it('asks for credentials again when the program wants that', async () => {
    const owner = await database.connect('owner');
    await owner.query("UPDATE user_session SET signed_in_at = now() - interval '1 hour' WHERE id = $1", [
      person.session.id,
    ]);
    const { url } = calls.authorizationUrl({ client_id: clientId, prompt: 'login' });
    const answer = await fetch(url, { redirect: 'manual' });
    const page = answer.headers.get('location') ?? '';
    const cookie = answer.headers.getSetCookie().map((each) => each.split(';')[0]);
    const headers = { cookie: [...cookie, person.cookie].join('; ') };
    const asked = await fetch(new URL(page, oidc.url), { redirect: 'manual', headers });
    expect(asked.headers.get('location')).toMatch(/\/auth\/sign-in\?.*again=1/);
  });
});

describe('devices', () => {
  const start = async (form: Record<string, string>) => (await calls.post('/oidc/device/auth', form)).body;

  it('say what they are, and whoever may manage the cluster lets them in', async () => {
    const machine = JSON.stringify({ hostname: 'bench-1', platform: 'linux' });
    const device = await start({ client_id: WORKER_CLIENT_ID, machine, organization: person.orgId });
    const interactions = oidc.get(Interactions);
    const code = String(device['user_code']);
    expect(await interactions.findDevice(code.replace('-', ' '))).toMatchObject({
      ...{ scopes: ['worker:register', 'skill:*'], organization: person.orgId, userCode: code },
      machine: { hostname: 'bench-1', platform: 'linux' },
    });
    const { session, orgId } = person;
    await joinAs(oidc, database, { orgId, userId: (await signedInPerson(oidc, database)).userId, role: 'developer' });
    expect(await interactions.approveDevice(code, { session, visitor: VISITOR, orgId })).toEqual({ kind: 'approved' });
    const { body } = await calls.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: WORKER_CLIENT_ID,
      device_code: String(device['device_code']),
    });
    expect(part(String(body['access_token']), 1)).toMatchObject({ scope: 'worker:register skill:*', org_id: orgId });
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('get the skills and the cluster that the person leaves them, and nothing that was not asked or is not there', async () => {
    const interactions = oidc.get(Interactions);
    const scope = 'worker:register skill:code skill:node-dev skill:*';
    const device = await start({ client_id: WORKER_CLIENT_ID, scope });
    const code = String(device['user_code']);
    const { session, orgId } = person;
    const request = await interactions.findDevice(code);
    if (request === undefined) throw new Error('it waits');
    const choice = (await interactions.choices(request, session)).find((each) => each.orgId === orgId);
    const [cluster] = choice?.clusters ?? [];
    expect(cluster).toMatchObject({ id: expect.stringMatching(/^clu_/), name: expect.any(String) });
    const stranger = await signedInPerson(oidc, database);
    const theirs = await interactions.choices(request, stranger.session);
    const approve = (more: { scopes: string[]; clusterId?: string }) =>
      interactions.approveDevice(code, { session, visitor: VISITOR, orgId, ...more });
    const foreign = theirs.find((each) => each.orgId === stranger.orgId)?.clusters?.[0]?.id ?? '';
    const left = ['worker:register', 'skill:code'];
    expect(await approve({ scopes: left, clusterId: foreign })).toEqual({ kind: 'no_such_cluster' });
    expect(await approve({ scopes: ['worker:register'] })).toEqual({ kind: 'no_skill' });
    expect(await approve({ scopes: ['worker:register', 'skill:gpu'] })).toEqual({ kind: 'no_skill' });
    expect(await approve({ scopes: ['skill:code'] })).toMatchObject({ kind: 'nothing_to_grant' });
    const scopes = [...left, 'skill:gpu', 'work:submit'];
    expect(await approve({ scopes, clusterId: cluster?.id ?? '' })).toEqual({ kind: 'approved' });
    const { body } = await calls.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: WORKER_CLIENT_ID,
      device_code: String(device['device_code']),
    });
    expect(part(String(body['access_token']), 1)).toMatchObject({ scope: 'worker:register skill:code' });
  });

  it('are not let in by somebody whose role does not allow it, nor elsewhere than they asked', async () => {
    const developer = await signedInPerson(oidc, database);
    await joinAs(oidc, database, { orgId: person.orgId, userId: developer.userId, role: 'developer' });
    const device = await start({ client_id: WORKER_CLIENT_ID, organization: person.orgId });
    const approve = (orgId: string) =>
      oidc.get(Interactions).approveDevice(String(device['user_code']), {
        ...{ session: developer.session, visitor: VISITOR, orgId },
      });
    expect(await approve(person.orgId)).toEqual({ kind: 'nothing_to_grant' });
    expect(await approve(developer.orgId)).toEqual({ kind: 'not_a_member' });
  });

  it('are let in once, however many say yes at the same time', async () => {
    const device = await start({ client_id: CLI_CLIENT_ID });
    const { session, orgId } = person;
    const approve = () =>
      oidc.get(Interactions).approveDevice(String(device['user_code']), { session, visitor: VISITOR, orgId });
    const outcomes = await Promise.all(Array.from({ length: 6 }, approve));
    expect(outcomes.filter(({ kind }) => kind === 'approved')).toHaveLength(1);
    const redeem = () =>
      calls.token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: CLI_CLIENT_ID,
        device_code: String(device['device_code']),
      });
    const answers = await Promise.all(Array.from({ length: 6 }, redeem));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('may not send what is no description of a machine', async () => {
    for (const machine of ['x', '[]', JSON.stringify({ x: 'y'.repeat(5_000) })]) {
      expect(await start({ client_id: WORKER_CLIENT_ID, machine })).toMatchObject({ error: 'invalid_request' });
    }
    expect(await start({ client_id: WORKER_CLIENT_ID, scope: 'work:submit' })).toMatchObject({
      error: 'invalid_scope',
    });
  });
});
