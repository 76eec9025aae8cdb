import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@coorchat/kernel';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.js';

const MIGRATION = join(
  import.meta.dirname,
  '../../../prisma/migrations/20261121142000_repository_identity/migration.sql',
);

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  owner = await database.connect('owner');
  const tables = ['organization', 'capacity_pool', 'cluster', 'repository', 'repository_base', 'work_request'];
  for (const table of [...tables, 'worker', 'worker_repository']) {
    await owner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  }
  await owner.query('ALTER TABLE repository DROP COLUMN fetch_url');
});
afterAll(() => database.close());

async function repository(orgId: string, url: string, columns: Record<string, string> = {}): Promise<string> {
  const id = newId('repository');
  const { delivery = 'bundle' } = columns;
  await owner.query(
    `INSERT INTO repository (org_id, id, canonical_url, name, delivery, updated_at) VALUES ($1, $2, $3, 'x', $4, now())`,
    [orgId, id, url, delivery],
  );
  return id;
}

async function base(orgId: string, repositoryId: string, commit: string): Promise<void> {
  await owner.query(
    `INSERT INTO repository_base (org_id, repository_id, commit, object_format) VALUES ($1, $2, $3, 'sha1')`,
    [orgId, repositoryId, commit],
  );
}

async function organization(): Promise<{ orgId: string; clusterId: string; poolId: string }> {
  const [orgId, clusterId, poolId] = [newId('organization'), newId('cluster'), newId('pool')];
  await owner.query(`INSERT INTO organization (id, name, slug, updated_at) VALUES ($1, $1, $1, now())`, [orgId]);
  await owner.query(`INSERT INTO capacity_pool (id, kind) VALUES ($1, 'cluster')`, [poolId]);
  await owner.query(
    `INSERT INTO cluster (org_id, id, pool_id, name, default_max_cost_micros, default_max_duration_ms, updated_at)
     VALUES ($1, $2, $3, 'c', 1, 1, now())`,
    [orgId, clusterId, poolId],
  );
  return { orgId, clusterId, poolId };
}

it('makes one of the spellings of a repository, with all that belonged to them', async () => {
  const { orgId, clusterId, poolId } = await organization();
  const other = await organization();
  const https = await repository(orgId, 'https://git.example/a/b');
  const ssh = await repository(orgId, 'ssh://git.example/a/b', { delivery: 'push' });
  const ported = await repository(orgId, 'https://git.example:8443/a/b');
  const folder = await repository(orgId, 'file:///srv/shop');
  const theirs = await repository(other.orgId, 'https://git.example/a/b');
  await base(orgId, https, 'one');
  await base(orgId, https, 'two');
  await base(orgId, ssh, 'two');
  const workId = newId('workRequest');
  await owner.query(
    `INSERT INTO work_request (org_id, id, cluster_id, pool_id, requested_by, description, repository_id, repository,
       constraints, request_hash, plan_source, status, deadline_at, updated_at)
     VALUES ($1, $2, $3, $4, 'x', 'x', $5, '{"url": "ssh://git.example/a/b", "checks": {}}', '{}', 'x', 'plan',
       'executing', now(), now())`,
    [orgId, workId, clusterId, poolId, https],
  );
  await owner.query(
    `INSERT INTO worker (org_id, id, cluster_id, pool_id, name, updated_at) VALUES ($1, 'wrk_1', $2, $3, 'x', now())`,
    [orgId, clusterId, poolId],
  );
  await owner.query(
    `INSERT INTO worker_repository (org_id, worker_id, canonical_url, shallow) VALUES
       ($1, 'wrk_1', 'https://git.example/a/b', true), ($1, 'wrk_1', 'ssh://git.example/a/b', false),
       ($1, 'wrk_1', 'http://git.example/a/b', false), ($1, 'wrk_1', 'file:///srv/shop', true)`,
    [orgId],
  );

  await owner.query(await readFile(MIGRATION, 'utf8'));

  const repositories = await owner.query('SELECT id, canonical_url, fetch_url FROM repository ORDER BY id');
  expect(repositories.rows).toEqual([
    { id: ssh, canonical_url: 'git.example/a/b', fetch_url: 'ssh://git@git.example/a/b' },
    { id: ported, canonical_url: 'git.example:8443/a/b', fetch_url: 'https://git.example:8443/a/b' },
    { id: folder, canonical_url: 'file:///srv/shop', fetch_url: 'file:///srv/shop' },
    { id: theirs, canonical_url: 'git.example/a/b', fetch_url: 'https://git.example/a/b' },
  ]);
  const bases = await owner.query('SELECT repository_id, commit FROM repository_base ORDER BY commit');
  expect(bases.rows).toEqual([
    { repository_id: ssh, commit: 'one' },
    { repository_id: ssh, commit: 'two' },
  ]);
  const work = await owner.query(`SELECT repository_id, repository->>'url' AS url FROM work_request`);
  expect(work.rows).toEqual([{ repository_id: ssh, url: 'ssh://git@git.example/a/b' }]);
  const clones = await owner.query('SELECT canonical_url, shallow FROM worker_repository ORDER BY canonical_url');
  expect(clones.rows).toEqual([
    { canonical_url: 'file:///srv/shop', shallow: true },
    { canonical_url: 'git.example/a/b', shallow: false },
  ]);
});
