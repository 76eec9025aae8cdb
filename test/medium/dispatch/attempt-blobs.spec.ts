import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment } from '@coorchat/a2a';
import type { TaskView, WorkView } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../../src/platform/blob/index.js';
import { AbandonedUploads, BlobUploads } from '../../../src/repository/index.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Script, ScriptedWorker } from '../../support/scripted-worker.js';
import { testConfig } from '../../support/test-config.js';

const PATIENCE = { timeout: 20_000 };
const QUOTA_BYTES = 10_000;
const PLAN = { tasks: [{ key: 'a', kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop' } }] };
const MADE_UP = {
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  ref: 'refs/heads/main',
  bundleDigest: `sha256:${'c'.repeat(64)}`,
  bundleBytes: 1,
  filesChanged: [],
  flags: [],
};

const given = Promise.withResolvers<Assignment>();
const finish = Promise.withResolvers<void>();
let plane: TestControlPlane;
let worker: ScriptedWorker;
let workId: string;
let abandoned: AbandonedUploads;

const script: Script = async function* (assignment) {
  given.resolve(assignment);
  yield { state: 'working' };
  await finish.promise;
  const nothing = { checks: [], prepared: null, transcript: null };
  yield { state: 'completed', result: { ...nothing, summary: 'done', commits: MADE_UP } };
};

async function upload(content: Buffer, { offset = 0, part = content.subarray(offset), total = content.length } = {}) {
  const { api } = await given.promise;
  const digest = createHash('sha256').update(content).digest('hex');
  return fetch(`${api.url}/blobs/sha256:${digest}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${api.token}`,
      'content-type': 'application/octet-stream',
      'upload-offset': String(offset),
      'upload-length': String(total),
    },
    body: new Uint8Array(part),
  });
}

beforeAll(async () => {
  const limits = { ...testConfig().limits, orgBlobQuotaBytes: QUOTA_BYTES };
  plane = await TestControlPlane.start({ limits });
  const store = createBlobStore(
    testConfig({ blob: { kind: 'files', directory: join(plane.dataDir, 'blobs') }, limits }),
  );
  abandoned = new AbandonedUploads(plane.database.uow, new BlobUploads(), await store);
  worker = await ScriptedWorker.enrol(plane, { script });
  workId = (await plane.call<WorkView>('POST', '/v1/work-requests', { description: 'x', plan: PLAN })).id;
  await given.promise;
});
afterAll(async () => {
  await worker.stop();
  await plane.close();
});

describe('the blobs of an attempt', () => {
  it('are taken in parts', async () => {
    const content = Buffer.alloc(400, 'x');
    expect((await upload(content, { part: content.subarray(0, 100) })).status).toBe(204);
    expect((await upload(content, { offset: 100 })).status).toBe(201);
  });

  it('stay within the quota, also when an upload grows after its first part', async () => {
    const content = Buffer.alloc(50_000, 'y');
    expect((await upload(content, { part: content.subarray(0, 100), total: 500 })).status).toBe(204);
    const grown = await upload(content, { offset: 100 });
    expect(await grown.json()).toMatchObject({ code: 'dispatch.blob_quota_reached' });
  });

  it('share the quota while they are under way, and give it back when nobody finishes them', async () => {
    const contents = ['1', '2', '3', '4', '5', '6'].map((fill) => Buffer.alloc(3_000, fill));
    const begun = await Promise.all(contents.map((content) => upload(content, { part: content.subarray(0, 10) })));
    // 400 bytes are kept, 500 set aside: three times 3000 fit in.
    expect(begun.map(({ status }) => status).sort()).toEqual([204, 204, 204, 403, 403, 403]);
    const refused = begun.find(({ status }) => status === 403);
    expect(await refused?.json()).toMatchObject({ code: 'dispatch.blob_quota_reached' });

    const finished = contents.filter((_, index) => begun[index]?.status === 204)[0] ?? Buffer.alloc(0);
    expect((await upload(finished, { offset: 10 })).status).toBe(201);
    const late = contents.filter((_, index) => begun[index]?.status === 403)[0] ?? Buffer.alloc(0);
    expect((await upload(late)).status).toBe(403);

    await abandoned.sweep(new Date(Date.now() - 60_000));
    expect((await upload(late)).status).toBe(403);
    await abandoned.sweep(new Date(Date.now() + 60_000));
    expect(await readdir(join(plane.dataDir, 'blobs', '.uploads'))).toEqual([]);
    expect((await upload(late)).status).toBe(201);
    expect((await upload(finished)).status).toBe(201);
  });

  it('leave nothing set aside when their content is not what was announced', async () => {
    const content = Buffer.alloc(6_000, 'z');
    // 400 + 3000 + 3000 bytes are kept.
    const lie = Buffer.alloc(3_500, 'q');
    expect((await upload(lie, { part: content.subarray(0, 3_500) })).status).toBe(400);
    expect((await upload(Buffer.alloc(3_500, 'r'))).status).toBe(201);
  });

  it('are closed to other tokens', async () => {
    const { api } = await given.promise;
    const headers = { authorization: `Bearer ${api.token.slice(0, -2)}xx` };
    expect((await fetch(`${api.url}/blobs/${MADE_UP.bundleDigest}`, { headers })).status).toBe(401);
  });
});

describe('commits of a task without a repository', () => {
  it('are not taken over: nobody could have looked at them', async () => {
    finish.resolve();
    await expect
      .poll(async () => (await plane.call<WorkView>('GET', `/v1/work-requests/${workId}`)).status, PATIENCE)
      .toBe('completed');
    const [task] = await plane.call<TaskView[]>('GET', `/v1/work-requests/${workId}/tasks`);
    expect(task).toMatchObject({ status: 'completed', commits: null });
  });
});
