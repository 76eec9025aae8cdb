import type { CreateCluster, TaskView, WorkView } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { FakeClaude, type FakeTurn } from '@coorchat/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { ScriptedWorker } from '../../support/scripted-worker.js';

const PATIENCE = { timeout: 20_000 };
const MODEL = 'claude-opus-5-5';
const SCOPES = ['work:submit', 'work:read', 'skill:build'];

let claude: FakeClaude;
let plane: TestControlPlane;
let worker: ScriptedWorker;
let turns: FakeTurn[] = [];

beforeAll(async () => {
  claude = await FakeClaude.start(() => (turns.length > 1 ? turns.shift() : turns[0]) ?? { text: '' });
  const model = { apiKey: 'key', baseUrl: claude.url, defaultModel: MODEL, plannerModel: MODEL };
  plane = await TestControlPlane.start({ model });
  worker = await ScriptedWorker.enrol(plane, { skills: ['build', 'deploy', 'review'] });
  const skills = async () => (await plane.call<{ skills: string[] }>('GET', `/v1/workers/${worker.workerId}`)).skills;
  await vi.waitFor(async () => expect(await skills()).toHaveLength(3), PATIENCE);
});
afterAll(async () => {
  await worker.stop();
  await plane.close();
  await claude.close();
});
beforeEach(() => void claude.calls.splice(0));

const task = (key: string, skill?: string) => ({
  key,
  kind: 'tool',
  title: `Do ${key}`,
  tool: { server: 'bench', name: 'noop', arguments: {} },
  ...(skill && { skill }),
});
const plan = (...skills: (string | undefined)[]) => ({ tasks: skills.map((skill, n) => task(`t${n}`, skill)) });
const drafted = (key: string, skill: string | null) => ({
  ...{ key, kind: 'tool', title: key, description: 'All of it.', skill, dependsOn: [], estimatedCostUsd: null },
  needs: { platform: null, labels: [], toolchains: [] },
  tool: { server: 'bench', name: 'noop', arguments: '{}' },
});
const answer = (...tasks: object[]): FakeTurn => ({ text: JSON.stringify({ tasks }) });

interface Submitted {
  readonly id?: string;
  /** Over A2A faults have no code of ours. */
  readonly code?: string;
  /** The whole answer, for what it says. */
  readonly said: string;
}
type Road = (credential: string, work: object) => Promise<Submitted>;

async function post(path: string, credential: string, body: object): Promise<Record<string, unknown>> {
  const headers = {
    authorization: `Bearer ${credential}`,
    'content-type': 'application/json',
    'a2a-version': '1.0',
  };
  const response = await fetch(plane.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

const rest: Road = async (credential, work) => {
  const { id, code, ...more } = await post('/v1/work-requests', credential, { description: 'Sort', ...work });
  const said = JSON.stringify(more);
  return { ...(id !== undefined && { id: String(id) }), ...(code !== undefined && { code: String(code) }), said };
};

const a2a: Road = async (credential, work) => {
  const parts = [{ text: 'Sort' }, ...(Object.keys(work).length > 0 ? [{ data: work }] : [])];
  const message = { messageId: newId('request'), role: 'ROLE_USER', parts };
  const params = { message, configuration: { returnImmediately: true } };
  const { result, error } = await post('/a2a', credential, { jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
  const { task: sent } = (result ?? {}) as { task?: { id: string } };
  const said = JSON.stringify(error ?? {});
  return { ...(sent && { id: sent.id }), said };
};

async function keyWith(scopes: readonly string[]): Promise<string> {
  return (await plane.call<{ key: string }>('POST', '/v1/api-keys', { name: 'limited', scopes })).key;
}

async function tokenWith(scopes: readonly string[]): Promise<string> {
  const { id, secret } = await plane.call<{ id: string; secret: string }>('POST', '/v1/oauth-clients', {
    name: 'limited',
    scopes,
  });
  const response = await fetch(`${plane.url}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

const view = (id: string) => plane.call<WorkView>('GET', `/v1/work-requests/${id}`);
const tasksOf = (id: string) => plane.call<TaskView[]>('GET', `/v1/work-requests/${id}/tasks`);

async function ended(id = ''): Promise<WorkView> {
  await expect.poll(async () => ['completed', 'failed'].includes((await view(id)).status), PATIENCE).toBe(true);
  return view(id);
}

const promptOf = (call: number) => JSON.stringify(claude.calls[call]?.body.messages);

const credentials = { 'an API key': keyWith, 'an OAuth token': tokenWith };
const roads = { REST: rest, A2A: a2a };
const ways = Object.entries(credentials).flatMap(([credential, make]) =>
  Object.entries(roads).map(([road, submit]) => ({ credential, make, road, submit })),
);

describe.each(ways)('work of $credential that is limited to one skill, over $road', ({ make, submit }) => {
  let credential: string;
  beforeAll(async () => {
    credential = await make(SCOPES);
  });

  it('is done when its plan stays within', async () => {
    const { id } = await submit(credential, { plan: plan('build', 'build') });
    expect(await ended(id)).toMatchObject({ status: 'completed' });
  });

  it.each([
    ['another skill', ['build', 'deploy'], 'skill:deploy'],
    ['no skill', [undefined], 'skill:*'],
  ])('is refused when its plan names %s', async (_what, skills, scope) => {
    const { id, said } = await submit(credential, { plan: plan(...skills) });
    expect(id).toBeUndefined();
    expect(said).toContain(`This credential may not use every skill of the work; it lacks ${scope}.`);
  });

  it('is planned by a model that is offered that skill alone', async () => {
    turns = [answer(drafted('a', 'build'))];
    const { id = '' } = await submit(credential, {});
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect((await tasksOf(id)).map(({ skill }) => skill)).toEqual(['build']);
    expect(promptOf(0)).toContain('Skills that may be asked for: build. Every task, kind \\"tool\\" included');
    expect(promptOf(0)).not.toMatch(/deploy|review/);
  });

  it('is planned anew, once, when the model goes beyond it', async () => {
    turns = [answer(drafted('a', 'deploy'), drafted('b', null)), answer(drafted('a', 'build'))];
    const { id } = await submit(credential, {});
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect(promptOf(1)).toContain('skill \\"deploy\\" is not allowed here; allowed skills: build');
    expect(promptOf(1)).toContain('\\"b\\" must name one of these skills: build');
  });

  it('fails when the model goes beyond it twice, and nothing of it runs', async () => {
    turns = [answer(drafted('a', 'deploy'))];
    const started = worker.started.length;
    const { id = '' } = await submit(credential, {});
    const { status, error } = await ended(id);
    expect([status, error?.code]).toEqual(['failed', 'planner.invalid_plan']);
    expect(error?.message).toContain('deploy');
    expect(await tasksOf(id)).toEqual([]);
    expect(worker.started).toHaveLength(started);
  });

  it('is not planned by the model at all when nobody offers a skill of it', async () => {
    const { id, said } = await submit(await make(['work:submit', 'skill:cobol']), {});
    expect(id).toBeUndefined();
    expect(said).toContain('Nothing can be planned for this work');
    expect(said).toContain('the credential (cobol)');
    expect(said).toContain('build, deploy, review');
    expect(claude.calls).toEqual([]);
  });
});

describe('the policy of the cluster', () => {
  let admin: string;
  let clusterId: string;
  const policy = (skills: string[]) => plane.call('PATCH', `/v1/clusters/${clusterId}`, { skills });
  const grants = (skills: string[]) => plane.call('PATCH', `/v1/workers/${worker.workerId}`, { skills });
  const steer = (how: 'pause' | 'resume') => plane.call('POST', `/v1/workers/${worker.workerId}/${how}`);
  const waitsFor = async (id: string) => (await tasksOf(id))[0]?.waitReason;

  beforeAll(async () => {
    admin = await plane.key();
    const { items } = await plane.call<{ items: (CreateCluster & { id: string })[] }>('GET', '/v1/clusters');
    clusterId = items[0]?.id ?? '';
  });
  afterEach(async () => {
    await policy(['*']);
    await grants(['*']);
    await steer('resume');
  });

  it('limits what a model may plan for a caller of every skill', async () => {
    await policy(['review']);
    turns = [answer(drafted('a', 'build')), answer(drafted('a', 'review'))];
    const { id } = await rest(admin, {});
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect(promptOf(0)).toContain('Skills that may be asked for: review. Every task');
    expect(promptOf(1)).toContain('skill \\"build\\" is not allowed here');
  });

  it('refuses plans beyond it, and tasks that name no skill', async () => {
    await policy(['review']);
    for (const skill of ['build', undefined])
      expect((await rest(admin, { plan: plan(skill) })).code).toBe('tenancy.skills_refused');
  });

  it('leaves nothing to plan where it shares no skill with the caller', async () => {
    await policy(['review']);
    const { code, said } = await rest(await keyWith(SCOPES), {});
    expect(code).toBe('task.no_skill_plannable');
    expect(said).toContain('PATCH /v1/clusters/{id}');
  });

  it('stops work that waits when it is narrowed, says so, and lets it go on when it is widened', async () => {
    await steer('pause');
    const { id = '' } = await rest(admin, { plan: plan('build') });
    await expect.poll(() => waitsFor(id), PATIENCE).toMatchObject({ code: 'scheduler.machines_paused' });
    await policy(['review']);
    await steer('resume');
    await expect.poll(() => waitsFor(id), PATIENCE).toMatchObject({ code: 'scheduler.skill_beyond_cluster' });
    expect((await waitsFor(id))?.message).toContain('PATCH /v1/clusters/{id}');
    await policy(['build']);
    expect(await ended(id)).toMatchObject({ status: 'completed' });
  });

  it('and the grants of machines stop work together: one that is taken back while work waits holds it', async () => {
    await steer('pause');
    const { id = '' } = await rest(admin, { plan: plan('build') });
    await grants(['review']);
    await steer('resume');
    await expect.poll(() => waitsFor(id), PATIENCE).toMatchObject({ code: 'scheduler.skill_not_granted' });
    expect((await waitsFor(id))?.message).toContain('PATCH /v1/workers/{id}');
    await grants(['build']);
    expect(await ended(id)).toMatchObject({ status: 'completed' });
  });

  it('lets a machine of some skills do no task that names none', async () => {
    await grants(['build']);
    const { id = '' } = await rest(admin, { plan: plan(undefined) });
    await expect.poll(() => waitsFor(id), PATIENCE).toMatchObject({ code: 'scheduler.skill_not_granted' });
    turns = [answer(drafted('a', 'build'))];
    const planned = await rest(admin, {});
    expect(await ended(planned.id)).toMatchObject({ status: 'completed' });
    expect(promptOf(0)).toContain('Skills that may be asked for: build. Every task');
    await grants(['*']);
    expect(await ended(id)).toMatchObject({ status: 'completed' });
  });

  it('takes back what was placed and not sent yet, at no cost of a retry', async () => {
    const owner = await plane.database.connect('owner');
    // What a change of the policy in the very moment of the placement would do.
    await owner.query(`
      CREATE POLICY narrow ON cluster TO CURRENT_USER USING (true);
      CREATE FUNCTION narrow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN UPDATE cluster SET skills = '{review}'; RETURN NULL; END $$;
      CREATE TRIGGER narrow AFTER INSERT ON attempt EXECUTE FUNCTION narrow()`);
    const started = worker.started.length;
    const { id = '' } = await rest(admin, { plan: plan('build') });
    await expect.poll(() => waitsFor(id), PATIENCE).toMatchObject({ code: 'scheduler.skill_beyond_cluster' });
    await owner.query('DROP TRIGGER narrow ON attempt');
    const [waiting] = await tasksOf(id);
    expect(waiting?.attempts).toMatchObject([{ state: 'failed', outcome: { code: 'task.skill_revoked' } }]);
    const { uow } = plane.database;
    const failures = await uow.system(
      'dispatch.claim',
      (tx) => tx.sql`SELECT failures FROM task WHERE id = ${waiting?.id}`,
    );
    expect(failures).toEqual([{ failures: 0 }]);
    expect(worker.started).toHaveLength(started);
    await policy(['*']);
    expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect((await tasksOf(id))[0]?.attempts).toHaveLength(2);
  });
});
