import { newId } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { UnitOfWork } from '../../../src/platform/db/index.js';
import { isUniqueViolation, json, type TxDb } from '../../../src/platform/db/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let uow: UnitOfWork;
const orgA = newId('organization');
const orgB = newId('organization');

beforeAll(async () => {
  database = await testDatabase();
  uow = database.uow;
  await uow.system('identity.bootstrap', async (tx) => {
    for (const id of [orgA, orgB])
      await tx.sql`INSERT INTO organization (id, name, slug, updated_at) VALUES (${id}, ${id}, ${id}, now())`;
  });
});

afterAll(() => database.close());

const repository = (orgId: string, url: string) => ({
  orgId,
  id: newId('repository'),
  canonicalUrl: url,
  fetchUrl: url,
  name: 'r',
});

describe('the tenant door', () => {
  it('sees its own organization through SQL and through Prisma alike', async () => {
    const seen = await uow.tenant({ orgId: orgA }, async (tx) => ({
      sql: await tx.sql<{ id: string }>`SELECT id FROM organization`,
      prisma: await tx.db.organization.findMany(),
    }));
    expect(seen.sql).toEqual([{ id: orgA }]);
    expect(seen.prisma.map((row) => row.id)).toEqual([orgA]);
  });

  it('shows SQL what Prisma wrote, before the commit', async () => {
    const rows = await uow.tenant({ orgId: orgA }, async (tx) => {
      await tx.db.repository.create({ data: repository(orgA, 'https://example.com/one') });
      return tx.sql<{
        n: number;
      }>`SELECT count(*) AS n FROM repository WHERE canonical_url = ${'https://example.com/one'}`;
    });
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('refuses to write into another organization', async () => {
    const write = uow.tenant({ orgId: orgA }, (tx) =>
      tx.db.repository.create({ data: repository(orgB, 'https://example.com/two') }),
    );
    await expect(write).rejects.toThrow(/row-level security/);
  });

  it('rolls everything back when the body throws', async () => {
    const body = uow.tenant({ orgId: orgA }, async (tx) => {
      await tx.db.repository.create({ data: repository(orgA, 'https://example.com/gone') });
      throw new Error('no');
    });
    await expect(body).rejects.toThrow('no');
    const left = await uow.tenantRead({ orgId: orgA }, (tx) =>
      tx.db.repository.count({ where: { canonicalUrl: 'https://example.com/gone' } }),
    );
    expect(left).toBe(0);
  });

  it('keeps what surrounds a nested write of Prisma that fails', async () => {
    const id = newId('worker');
    const kept = await uow.tenant({ orgId: orgA }, async (tx) => {
      const worker = { orgId: orgA, clusterId: 'c', poolId: 'p' };
      const repositories = { create: [{ canonicalUrl: 'x' }, { canonicalUrl: 'x' }] };
      const failing = tx.db.worker.create({ data: { ...worker, id: newId('worker'), name: 'twice', repositories } });
      const violated = await failing.then(
        () => false,
        (error: unknown) => isUniqueViolation(error),
      );
      await tx.db.worker.create({ data: { ...worker, id, name: 'kept' } });
      return { violated, workers: await tx.db.worker.findMany() };
    });
    expect(kept.violated).toBe(true);
    expect(kept.workers.map((row) => row.id)).toEqual([id]);
  });

  it('cannot write through the reading door', async () => {
    const write = uow.tenantRead({ orgId: orgA }, (tx) => tx.sql`UPDATE organization SET name = 'x'`);
    await expect(write).rejects.toThrow(/read-only transaction/);
  });

  it('keeps concurrent transactions of two organizations apart', async () => {
    const look = (orgId: string) =>
      uow.tenant({ orgId }, async (tx) => {
        const [bySql, byPrisma] = await Promise.all([
          tx.sql<{ id: string }>`SELECT id FROM organization`,
          tx.db.organization.findUnique({ where: { id: orgA } }),
        ]);
        return { orgId, sql: bySql.map((row) => row.id), prisma: byPrisma?.id ?? null };
      });
    const seen = await Promise.all(Array.from({ length: 60 }, (_, index) => look(index % 2 ? orgA : orgB)));
    for (const { orgId, sql, prisma } of seen) {
      expect(sql).toEqual([orgId]);
      expect(prisma).toBe(orgId === orgA ? orgA : null);
    }
  });
});

describe('a transaction', () => {
  it('cannot be used after its body, not even by a Prisma query that is awaited later', async () => {
    let leaked: TxDb | undefined;
    let lazy: (() => Promise<unknown>) | undefined;
    await uow.tenant({ orgId: orgA }, async (tx) => {
      leaked = tx.db;
      await tx.db.organization.count();
      const query = tx.db.organization.findMany();
      lazy = async () => await query;
    });
    await expect(leaked?.organization.findMany()).rejects.toThrow(/outside its body/);
    await expect(lazy?.()).rejects.toThrow(/outside its body/);
  });

  it('does not let a leaked client run inside another transaction', async () => {
    let leaked: TxDb | undefined;
    await uow.tenant({ orgId: orgA }, async (tx) => {
      leaked = tx.db;
    });
    const uses = Promise.all(
      Array.from({ length: 20 }, () => uow.tenant({ orgId: orgB }, async (tx) => [tx.db === leaked, tx.orgId])),
    );
    await expect(leaked?.organization.findMany()).rejects.toThrow(/outside its body/);
    await uses;
  });

  it('is not opened inside another one', async () => {
    const nested = uow.tenant({ orgId: orgA }, () => uow.tenantRead({ orgId: orgB }, async () => 1));
    await expect(nested).rejects.toMatchObject({ code: 'platform.nested_transaction' });
  });

  it('fails when a statement failed and its error was swallowed', async () => {
    const body = uow.tenant({ orgId: orgA }, async (tx) => {
      await tx.sql`SELECT 1/0`.catch(() => undefined);
    });
    await expect(body).rejects.toMatchObject({ code: 'platform.transaction_aborted' });
  });

  it('runs what was left for after the commit, and only then', async () => {
    const ran: string[] = [];
    const commit = uow.tenant({ orgId: orgA }, async (tx) => {
      tx.afterCommit(() => void ran.push('committed'));
      tx.afterCommit(() => {
        throw new Error('logged');
      });
      tx.afterCommit(async () => {
        await uow.tenantRead({ orgId: orgB }, async (inner) => void ran.push(inner.orgId));
      });
      ran.push('body');
    });
    await commit;
    const rollback = uow.tenant({ orgId: orgA }, async (tx) => {
      tx.afterCommit(() => void ran.push('never'));
      throw new Error('no');
    });
    await expect(rollback).rejects.toThrow('no');
    await vi.waitFor(() => expect(ran).toEqual(['body', 'committed', orgB]));
  });

  it('is tried again after a deadlock, with its whole body', async () => {
    const rows = await uow.tenant({ orgId: orgA }, async (tx) => {
      const data = ['https://example.com/d1', 'https://example.com/d2'].map((url) => repository(orgA, url));
      await tx.db.repository.createMany({ data });
      return data.map((row) => row.id);
    });
    let bodies = 0;
    const both = [rows, [...rows].reverse()].map((ids) =>
      uow.tenant({ orgId: orgA }, async (tx) => {
        bodies++;
        for (const id of ids) {
          await tx.sql`UPDATE repository SET name = name || 'x' WHERE id = ${id}`;
          await tx.sql`SELECT pg_sleep(0.05)`;
        }
      }),
    );
    await Promise.all(both);
    const names = await uow.tenantRead({ orgId: orgA }, (tx) =>
      tx.query<{ name: string }>('SELECT name FROM repository WHERE id = ANY($1)', [rows]),
    );
    expect(names.rows).toEqual([{ name: 'rxx' }, { name: 'rxx' }]);
    expect(bodies).toBeGreaterThan(2);
    expect(database.metrics.value('db.retries')).toBeGreaterThan(0);
  });

  it('fails as unavailable when its connection is cut, and the next one works', async () => {
    const cut = uow.tenant({ orgId: orgA }, async (tx) => {
      const [row] = await tx.sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`;
      const killer = await database.connect('app');
      await killer.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await tx.sql`SELECT 1`;
    });
    await expect(cut).rejects.toMatchObject({ code: 'platform.database_unavailable', kind: 'unavailable' });
    const rows = await uow.tenantRead({ orgId: orgA }, (tx) => tx.sql`SELECT 1 AS one`);
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('is stopped when a statement takes too long', async () => {
    const slow = uow.tenant({ orgId: orgA }, async (tx) => {
      await tx.sql`SET LOCAL statement_timeout = '50ms'`;
      await tx.sql`SELECT pg_sleep(5)`;
    });
    await expect(slow).rejects.toMatchObject({ code: 'platform.database_timeout', kind: 'timeout' });
  });

  it('reads bigint as number, time as Date and takes JSON arrays', async () => {
    const rows = await uow.tenantRead(
      { orgId: orgA },
      (tx) =>
        tx.sql`SELECT 9007199254740991::bigint AS big, ARRAY[1, 2]::bigint[] AS list, now() AS at, ${json([{ a: 1 }])}::jsonb AS data`,
    );
    expect(rows).toEqual([{ big: 9007199254740991, list: [1, 2], at: expect.any(Date), data: [{ a: 1 }] }]);
  });
});

describe("the system's doors", () => {
  it('see across organizations and are counted by purpose', async () => {
    const before = database.metrics.value('db.system.task.sweep');
    const rows = await uow.system('task.sweep', (tx) => tx.db.organization.findMany());
    expect(rows.map((row) => row.id).sort()).toEqual([orgA, orgB].sort());
    expect(database.metrics.value('db.system.task.sweep')).toBe(before + 1);
  });

  it('may not do what no policy names', async () => {
    const remove = uow.system('task.sweep', (tx) => tx.sql`DELETE FROM organization`);
    await expect(remove).rejects.toThrow(/permission denied/);
  });

  it('give the scheduler columns for placing, and neither prompts nor requesters', async () => {
    await uow.scheduler((tx) => tx.sql`SELECT id, needs, phase FROM task`);
    await uow.scheduler((tx) => tx.sql`SELECT id FROM capacity_pool FOR NO KEY UPDATE`);
    await expect(uow.scheduler((tx) => tx.sql`SELECT description FROM task`)).rejects.toThrow(/permission denied/);
    await expect(uow.scheduler((tx) => tx.sql`SELECT requested_by FROM work_request`)).rejects.toThrow(
      /permission denied/,
    );
  });
});
