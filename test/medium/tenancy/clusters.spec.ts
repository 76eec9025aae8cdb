import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { enrolment } from '../../support/worker-identity.js';

let plane: TestControlPlane;

interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
}

beforeAll(async () => {
  plane = await TestControlPlane.start();
});
afterAll(() => plane?.close());

const list = async () => (await plane.call<{ items: Cluster[] }>('GET', '/v1/clusters')).items;
const create = (body: object) => plane.call<Cluster>('POST', '/v1/clusters', body);

async function statusOf(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(plane.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await plane.key()}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const code = text === '' ? undefined : (JSON.parse(text) as { code?: string }).code;
  return { status: response.status, code };
}

const toolPlan = (skill?: string) => ({
  description: 'Run the checks',
  plan: {
    tasks: [
      { key: 'a', kind: 'tool', title: 'List', tool: { name: 'list_files', arguments: {} }, ...(skill && { skill }) },
    ],
  },
});

describe('clusters', () => {
  it('are several, with unique names and one default', async () => {
    const [first] = await list();
    expect(first).toMatchObject({ name: 'default', isDefault: true });
    const gpu = await create({
      name: 'gpu',
      tier: 'managed',
      network: 'full',
      maxConcurrentTasks: 3,
      approvals: ['deliver'],
    });
    expect(gpu).toMatchObject({
      isDefault: false,
      tier: 'managed',
      network: 'full',
      maxConcurrentTasks: 3,
      skills: ['*'],
    });
    expect(await statusOf('POST', '/v1/clusters', { name: 'gpu' })).toEqual({
      status: 409,
      code: 'tenancy.cluster_name_taken',
    });
    await plane.call('PATCH', `/v1/clusters/${gpu.id}`, { isDefault: true, name: 'big gpu' });
    expect((await list()).map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['big gpu', true],
      ['default', false],
    ]);
    await plane.call('PATCH', `/v1/clusters/${first?.id}`, { isDefault: true });
  });

  it('cannot be deleted while they are the default, or in use', async () => {
    const [first] = await list();
    expect((await statusOf('DELETE', `/v1/clusters/${first?.id}`)).code).toBe('tenancy.default_cluster');
    const busy = await create({ name: 'busy' });
    await plane.call('POST', '/v1/work-requests', { ...toolPlan(), clusterId: busy.id });
    expect((await statusOf('DELETE', `/v1/clusters/${busy.id}`)).code).toBe('tenancy.cluster_in_use');
    const empty = await create({ name: 'empty' });
    expect((await statusOf('DELETE', `/v1/clusters/${empty.id}`)).status).toBe(204);
    expect((await statusOf('DELETE', `/v1/clusters/${empty.id}`)).code).toBe('tenancy.cluster_not_found');
  });

  it('refuse work from roles and with skills that their policy leaves out', async () => {
    const people = await create({ name: 'people only', submitters: ['owner', 'admin'] });
    expect((await statusOf('POST', '/v1/work-requests', { ...toolPlan(), clusterId: people.id })).code).toBe(
      'tenancy.submitter_refused',
    );
    const narrow = await create({ name: 'narrow', skills: ['go'] });
    expect(await statusOf('POST', '/v1/work-requests', { ...toolPlan(), clusterId: narrow.id })).toEqual({
      status: 403,
      code: 'tenancy.skills_refused',
    });
  });

  it('take no work of an organization that is to be deleted', async () => {
    const { database } = plane;
    const { id: orgId } = await plane.call<{ id: string }>('GET', '/v1/organization');
    const set = (at: string | null) =>
      database.uow.tenant({ orgId }, (tx) => tx.sql`UPDATE organization SET erase_at = ${at}::timestamptz`);
    await set('2100-01-01');
    expect((await statusOf('POST', '/v1/work-requests', toolPlan())).code).toBe('tenancy.organization_ending');
    await set(null);
    expect((await statusOf('POST', '/v1/work-requests', toolPlan())).status).toBe(201);
  });
});

describe('quotas', () => {
  const limit = async (limits: object) => {
    const { id: orgId } = await plane.call<{ id: string }>('GET', '/v1/organization');
    await plane.database.uow.tenant(
      { orgId },
      (tx) => tx.sql`UPDATE organization SET limits = ${JSON.stringify(limits)}::jsonb WHERE id = ${orgId}`,
    );
    await plane.down();
    await plane.up();
  };

  it('stop work requests and workers beyond what the operator gave', async () => {
    await limit({ openWork: 1, workers: 0 });
    expect((await statusOf('POST', '/v1/work-requests', toolPlan())).code).toBe('tenancy.quota_reached');
    await limit({ openWork: 1_000, workers: 1 });
    expect((await statusOf('POST', '/v1/work-requests', toolPlan())).status).toBe(201);
    const enrol = async (name: string) => {
      const { token } = await plane.call<{ token: string }>('POST', '/v1/enrolment-tokens', {
        skills: ['*'],
        expiresInMs: 60_000,
      });
      return statusOf('POST', '/v1/workers/enrol', await enrolment(token, name));
    };
    expect((await enrol('first')).status).toBe(201);
    expect(await enrol('second')).toEqual({ status: 403, code: 'tenancy.quota_reached' });
  });

  it('of requests are those of the organization', async () => {
    await limit({ requestsPerMinute: 50 });
    const policy = async () => {
      const headers = { authorization: `Bearer ${await plane.key()}` };
      return (await fetch(`${plane.url}/v1/organization`, { headers })).headers.get('ratelimit-policy');
    };
    await expect.poll(policy).toContain('"organization";q=50;w=60');
  });
});
