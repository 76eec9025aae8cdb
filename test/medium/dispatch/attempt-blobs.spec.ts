import { createHash } from 'node:crypto';
import type { Assignment } from '@coorchat/a2a';
import type { TaskView, WorkView } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Script, ScriptedWorker } from '../../support/scripted-worker.js';
import { testConfig } from '../../support/test-config.js';

const PATIENCE = { timeout: 20_000 };
const QUOTA_BYTES = 1_000;
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
    const content = Buffer.alloc(5_000, 'y');
    expect((await upload(content, { part: content.subarray(0, 100), total: 500 })).status).toBe(204);
    const grown = await upload(content, { offset: 100 });
    expect(await grown.json()).toMatchObject({ code: 'dispatch.blob_quota_reached' });
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
