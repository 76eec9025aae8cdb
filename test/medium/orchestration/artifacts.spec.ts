import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment } from '@coorchat/a2a';
import type { ArtifactView, Page, TaskView, WorkView } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newSecret, secretHash } from '../../../src/identity/secret.rules.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Script, ScriptedWorker } from '../../support/scripted-worker.js';

const PATIENCE = { timeout: 20_000 };
const task = (key: string) => ({ key, kind: 'tool', title: key, tool: { server: 'bench', name: 'noop' } });

let plane: TestControlPlane;
let worker: ScriptedWorker;
let work: WorkView;
let tasks: TaskView[];

const transcriptOf = (attemptId: string) => Buffer.from(`{"attempt":"${attemptId}"}\n`.repeat(50));

async function keep({ api }: Assignment, content: Buffer) {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const headers = {
    authorization: `Bearer ${api.token}`,
    'content-type': 'application/octet-stream',
    'upload-offset': '0',
    'upload-length': String(content.length),
  };
  await fetch(`${api.url}/blobs/${digest}`, { method: 'PATCH', headers, body: new Uint8Array(content) });
  return { digest, bytes: content.length };
}

const script: Script = async function* (assignment) {
  yield { state: 'working' };
  const transcript = await keep(assignment, transcriptOf(assignment.attemptId));
  const result = { summary: 'done', commits: null, checks: [], prepared: null, transcript };
  yield { state: 'completed', result };
};

const listed = (path: string) => plane.call<Page<ArtifactView>>('GET', path);

async function get(path: string, headers: Record<string, string> = {}, key?: string): Promise<Response> {
  const authorization = `Bearer ${key ?? (await plane.key())}`;
  return fetch(plane.url + path, { headers: { authorization, ...headers } });
}

async function transcript(): Promise<ArtifactView> {
  const [artifact] = (await listed(`/v1/tasks/${tasks[0]?.id}/artifacts`)).items;
  if (!artifact) throw new Error('no artifact');
  return artifact;
}

beforeAll(async () => {
  plane = await TestControlPlane.start();
  worker = await ScriptedWorker.enrol(plane, { script });
  const body = { description: 'x', plan: { tasks: [task('a'), task('b'), task('c')] } };
  work = await plane.call<WorkView>('POST', '/v1/work-requests', body);
  const status = async () => (await plane.call<WorkView>('GET', `/v1/work-requests/${work.id}`)).status;
  await vi.waitFor(async () => expect(await status()).toBe('completed'), PATIENCE);
  tasks = await plane.call<TaskView[]>('GET', `/v1/work-requests/${work.id}/tasks`);
});
afterAll(async () => {
  await worker.stop();
  await plane.close();
});

describe('the artifacts of a work request', () => {
  it('are listed page by page, newest first, with size, digest, task and time', async () => {
    const path = `/v1/work-requests/${work.id}/artifacts`;
    const first = await listed(`${path}?limit=2`);
    const second = await listed(`${path}?limit=2&cursor=${first.nextCursor ?? ''}`);
    const all = [...first.items, ...second.items];
    expect(second.nextCursor).toBeNull();
    expect(all.map(({ name }) => name).sort()).toEqual(['a.ndjson', 'b.ndjson', 'c.ndjson']);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    const [artifact] = all.filter(({ name }) => name === 'a.ndjson');
    const attemptId = tasks[0]?.attempts[0]?.id ?? '';
    const content = transcriptOf(attemptId);
    expect(artifact).toMatchObject({
      workRequestId: work.id,
      taskId: tasks[0]?.id,
      attemptId,
      kind: 'transcript',
      mediaType: 'application/x-ndjson',
      bytes: content.length,
      digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    });
    expect(Date.parse(artifact?.createdAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  it('are listed by kind and by task', async () => {
    expect((await listed(`/v1/work-requests/${work.id}/artifacts?kind=bundle`)).items).toEqual([]);
    expect((await transcript()).taskId).toBe(tasks[0]?.id);
    expect((await listed(`/v1/tasks/${tasks[1]?.id}/artifacts?kind=transcript`)).items).toHaveLength(1);
  });

  it('have an address each', async () => {
    const artifact = await transcript();
    expect(await plane.call('GET', `/v1/artifacts/${artifact.id}`)).toEqual(artifact);
  });
});

describe('the content of an artifact', () => {
  const path = async () => `/v1/artifacts/${(await transcript()).id}/content`;
  const content = () => transcriptOf(tasks[0]?.attempts[0]?.id ?? '').toString();

  it('comes as a file that no browser shows', async () => {
    const response = await get(await path());
    expect(await response.text()).toBe(content());
    const { headers } = response;
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('content-disposition')).toBe('attachment; filename="a.ndjson"');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('etag')).toBe(`"${(await transcript()).digest}"`);
    expect(headers.get('content-length')).toBe(String(content().length));
  });

  it('comes in parts', async () => {
    const part = await get(await path(), { range: 'bytes=10-19' });
    expect([part.status, await part.text()]).toEqual([206, content().slice(10, 20)]);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${content().length}`);
    const tail = await get(await path(), { range: 'bytes=-5' });
    expect([tail.status, await tail.text()]).toEqual([206, content().slice(-5)]);
    const other = await get(await path(), { range: 'bytes=10-19', 'if-range': '"sha256:old"' });
    expect([other.status, (await other.text()).length]).toEqual([200, content().length]);
  });

  it('has an end', async () => {
    const beyond = await get(await path(), { range: 'bytes=999999-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${content().length}`]);
    expect(await beyond.json()).toMatchObject({ code: 'http.range_not_satisfiable' });
  });

  it('does not come again to those who have it', async () => {
    const etag = (await get(await path())).headers.get('etag') ?? '';
    const again = await get(await path(), { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('is measured by HEAD', async () => {
    const authorization = `Bearer ${await plane.key()}`;
    const head = await fetch(plane.url + (await path()), { method: 'HEAD', headers: { authorization } });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(content().length)]);
  });

  it('that is not kept any more is said to be gone', async () => {
    const [artifact] = (await listed(`/v1/tasks/${tasks[2]?.id}/artifacts`)).items;
    const hex = artifact?.digest.slice(7) ?? '';
    const [first] = (await listed(`/v1/work-requests/${work.id}/artifacts`)).items;
    expect(first).toBeDefined();
    const orgId = await organization();
    await rm(join(plane.dataDir, 'blobs', orgId, hex.slice(0, 2), hex));
    const gone = await get(`/v1/artifacts/${artifact?.id}/content`);
    expect([gone.status, await gone.json()]).toMatchObject([404, { code: 'task.artifact_gone' }]);
  });
});

describe('artifacts of somebody else', () => {
  it('are not there', async () => {
    const key = await strangersKey();
    const { id } = await transcript();
    for (const [path, code] of [
      [`/v1/work-requests/${work.id}/artifacts`, 'task.work_request_not_found'],
      [`/v1/tasks/${tasks[0]?.id}/artifacts`, 'task.task_not_found'],
      [`/v1/artifacts/${id}`, 'task.artifact_not_found'],
      [`/v1/artifacts/${id}/content`, 'task.artifact_not_found'],
    ] as const) {
      const response = await get(path, {}, key);
      expect([response.status, await response.json()]).toMatchObject([404, { code }]);
    }
  });

  it('need the scope work:read', async () => {
    const { id } = await transcript();
    const key = await strangersKey(['work:submit']);
    expect((await get(`/v1/artifacts/${id}/content`, {}, key)).status).toBe(403);
  });
});

async function organization(): Promise<string> {
  const find = (id: string) =>
    plane.database.uow.system(
      'task.sweep',
      (tx) => tx.sql<{ orgId: string }>`SELECT org_id AS "orgId" FROM work_request WHERE id = ${id}`,
    );
  return (await find(work.id))[0]?.orgId ?? '';
}

/** A key of an organization that was just made. */
async function strangersKey(scopes = ['work:read']): Promise<string> {
  const orgId = newId('organization');
  const key = newSecret('cck');
  const { uow } = plane.database;
  await uow.system('identity.bootstrap', async (tx) => {
    await tx.sql`INSERT INTO organization (id, name, slug, updated_at) VALUES (${orgId}, 'B', ${orgId}, now())`;
  });
  await uow.tenant({ orgId }, async (tx) => {
    await tx.sql`
      INSERT INTO api_key (org_id, id, name, hash, prefix, scopes, created_by)
      VALUES (${orgId}, ${newId('apiKey')}, 'b', ${secretHash(key)}, 'cck_', ${scopes}, 'test')`;
  });
  return key;
}
