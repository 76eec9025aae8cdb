import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditReader } from '../../../src/audit/audit.service.js';
import {
  AuditRetention,
  AuditRetentionChoice,
  AuditRetentionStore,
  AuditStore,
  AuditTrail,
  ChainCheck,
} from '../../../src/audit/index.js';
import { attributionOf, Feed, FeedRunner, FeedSignal, FeedStore, Outbox } from '../../../src/platform/outbox/index.js';
import { JobHandlers } from '../../../src/platform/queue/index.js';
import { Metrics, silentLogger } from '../../../src/platform/telemetry/index.js';
import { Quotas } from '../../../src/tenancy/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

let database: TestDatabase;
let runner: FeedRunner;
let outbox: Outbox;
let reader: AuditReader;
let check: ChainCheck;
const store = new AuditStore();
let ctx: TenantContext;

beforeAll(async () => {
  database = await testDatabase();
  const [feed, signal] = [new Feed(), new FeedSignal()];
  outbox = new Outbox(signal);
  feed.subscribe(new AuditTrail(feed, store));
  runner = new FeedRunner(feed, new FeedStore(), signal, database.uow, silentLogger(), new Metrics());
  runner.start();
  reader = new AuditReader(database.uow, store, outbox);
  check = new ChainCheck(database.uow, store);
});

afterAll(async () => {
  await runner.stop();
  await database.close();
});

beforeEach(() => {
  ctx = newTenant();
});

function newTenant(): TenantContext {
  return tenantContext({
    orgId: newId('organization'),
    actor: { kind: 'user', id: newId('user') },
    scopes: new Set(['audit:read']),
    requestId: 'req_1',
    authentication: { method: 'session', amr: ['pwd', 'otp'] },
    origin: { address: '192.0.2.7', userAgent: 'test/1', traceId: 'f'.repeat(32) },
  });
}

async function happen(type: string, data: object = { by: attributionOf(ctx) }, subject = 'thing'): Promise<void> {
  await database.uow.tenant(ctx, (tx) => outbox.append(tx, { type, orgId: ctx.orgId, subject, data }));
}

async function recorded(count: number) {
  await vi.waitFor(async () => expect((await reader.head(ctx)).seq).toBe(count), { timeout: 10_000 });
  return (await reader.list(ctx, { limit: 100 })).items;
}

async function firstBroken(orgId = ctx.orgId) {
  const [report] = await Array.fromAsync(check.run({ orgId }));
  return report?.broken;
}

/** As an intruder with the rights of the tables' owner would. */
async function tamper(statement: string): Promise<void> {
  const owner = await database.connect('owner');
  await owner.query('BEGIN');
  await owner.query('ALTER TABLE audit_record NO FORCE ROW LEVEL SECURITY');
  await owner.query(statement, [ctx.orgId]);
  await owner.query('ALTER TABLE audit_record FORCE ROW LEVEL SECURITY');
  await owner.query('COMMIT');
}

describe('the audit trail', () => {
  it('says who did what to what, when, from where and how they had signed in', async () => {
    await happen('tenancy.member_role_changed', { by: attributionOf(ctx), before: 'viewer', after: 'admin' }, 'mem_1');
    expect(await recorded(1)).toMatchObject([
      {
        seq: 1,
        type: 'tenancy.member_role_changed',
        object: 'mem_1',
        actor: ctx.actor,
        authentication: { method: 'session', amr: ['pwd', 'otp'] },
        address: '192.0.2.7',
        userAgent: 'test/1',
        requestId: 'req_1',
        traceId: 'f'.repeat(32),
        data: { before: 'viewer', after: 'admin' },
        previousHash: '0'.repeat(64),
      },
    ]);
  });

  it('knows workers and itself as actors where nobody else is named', async () => {
    await happen('cost.recorded', { workerId: 'wrk_1', costMicros: 5 });
    await happen('work.completed', {});
    const actors = (await recorded(2)).map(({ actor }) => actor);
    expect(actors).toEqual([
      { kind: 'system', id: 'control-plane' },
      { kind: 'worker', id: 'wrk_1' },
    ]);
  });

  it('leaves out only what other records say as well', async () => {
    for (const type of ['attempt.assigned', 'attempt.started', 'attempt.ended', 'something.new']) await happen(type);
    expect((await recorded(1)).map(({ type }) => type)).toEqual(['something.new']);
  });

  it('has one chain per organization without gaps, under many writers at once', async () => {
    const other = newTenant();
    const all = Array.from({ length: 60 }, (_, index) => index);
    await Promise.all(
      all.map((index) => {
        const owner = index % 2 === 0 ? ctx : other;
        const event = { type: 'work.submitted', orgId: owner.orgId, subject: `s${index}`, data: {} };
        return database.uow.tenant(owner, (tx) => outbox.append(tx, event));
      }),
    );
    const items = await recorded(30);
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index));
    expect(new Set(items.map(({ object }) => object)).size).toBe(30);
    expect(await firstBroken()).toBeUndefined();
    expect(await firstBroken(other.orgId)).toBeUndefined();
  });

  it('pages, filters by action, group, actor, object and time', async () => {
    for (const type of ['work.submitted', 'work.canceled', 'identity.key_created']) await happen(type, {}, type);
    await recorded(3);
    const page = await reader.list(ctx, { limit: 2 });
    expect(page.items.map(({ seq }) => seq)).toEqual([3, 2]);
    const next = await reader.list(ctx, { limit: 2, cursor: page.nextCursor ?? '' });
    expect(next).toMatchObject({ items: [{ seq: 1 }], nextCursor: null });
    const seqs = async (filter: object) =>
      (await reader.list(ctx, { limit: 9, ...filter })).items.map(({ seq }) => seq);
    expect(await seqs({ type: ['work'] })).toEqual([2, 1]);
    expect(await seqs({ type: ['work.canceled', 'identity'] })).toEqual([3, 2]);
    expect(await seqs({ object: 'work.canceled' })).toEqual([2]);
    expect(await seqs({ actor: 'control-plane' })).toEqual([3, 2, 1]);
    expect(await seqs({ from: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect(await seqs({ to: '2999-01-01T00:00:00Z' })).toHaveLength(3);
  });

  it('refuses a cursor that it did not give out', async () => {
    await expect(reader.list(ctx, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'audit.bad_cursor',
    });
  });

  it('is exported whole, and that goes on record', async () => {
    for (let index = 0; index < 3; index++) await happen('work.submitted');
    await recorded(3);
    const lines = (await Array.fromAsync(reader.export(ctx, { format: 'ndjson' }))).join('').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq).slice(-3)).toEqual([3, 2, 1]);
    const [newest] = await recorded(4);
    expect(newest).toMatchObject({ type: 'audit.exported', actor: ctx.actor, data: { format: 'ndjson' } });
  });

  it('shows another organization nothing', async () => {
    await happen('work.submitted');
    await recorded(1);
    expect((await reader.list(newTenant(), { limit: 10 })).items).toEqual([]);
  });
});

describe('tampering', () => {
  beforeEach(async () => {
    for (let index = 0; index < 5; index++) await happen('work.submitted', { index });
    await recorded(5);
  });

  it('is not possible for the application, and no role of ours changes a record', async () => {
    const app = await database.connect('app');
    for (const statement of ['UPDATE audit_record SET hash = hash', 'DELETE FROM audit_record']) {
      await expect(app.query(statement)).rejects.toThrow('permission denied');
    }
    await expect(app.query(`INSERT INTO audit_head VALUES ('a', 0, '', 1, '')`)).rejects.toThrow('permission denied');
    const system = await database.connect('system');
    await expect(system.query(`UPDATE audit_record SET body = '{}'`)).rejects.toThrow('permission denied');
  });

  it.each([
    [
      'a changed text',
      `UPDATE audit_record SET body = replace(body, '"index":2', '"index":9') WHERE org_id = $1 AND seq = 3`,
      3,
    ],
    ['a changed column', `UPDATE audit_record SET actor_id = 'usr_x' WHERE org_id = $1 AND seq = 2`, 2],
    ['a record that is gone', 'DELETE FROM audit_record WHERE org_id = $1 AND seq = 4', 4],
    ['an end that is cut off', 'DELETE FROM audit_record WHERE org_id = $1 AND seq >= 4', 4],
    ['a beginning that is cut off', 'DELETE FROM audit_record WHERE org_id = $1 AND seq <= 2', 1],
  ])('is found: %s', async (_name, statement, seq) => {
    expect(await firstBroken()).toBeUndefined();
    await tamper(statement);
    expect(await firstBroken()).toMatchObject({ seq });
  });

  it('with the whole chain written anew is found by an anchor', async () => {
    const { seq, hash } = await reader.head(ctx);
    const good = { orgId: ctx.orgId, seq, hash };
    const [intact] = await Array.fromAsync(check.run({ orgId: ctx.orgId, anchors: [good] }));
    expect(intact?.broken).toBeUndefined();
    const anchors = [{ ...good, hash: 'a'.repeat(64) }];
    const [forged] = await Array.fromAsync(check.run({ orgId: ctx.orgId, anchors }));
    expect(forged?.broken).toMatchObject({ seq });
  });
});

describe('retention', () => {
  const DAY_MS = 86_400_000;
  const { signal } = new AbortController();
  let choice: AuditRetentionChoice;
  let retention: AuditRetention;

  /** The same moment, as it is after so many days. */
  const after = (days: number) => new Date(Date.now() + days * DAY_MS);

  async function setPlan(days: number | null): Promise<void> {
    const limits = JSON.stringify(days === null ? {} : { auditRetentionDays: days });
    const owner = await database.connect('owner');
    await owner.query('ALTER TABLE organization NO FORCE ROW LEVEL SECURITY');
    const text = `INSERT INTO organization (id, name, slug, limits, updated_at) VALUES ($1, 'A', $1, $2, now())
      ON CONFLICT (id) DO UPDATE SET limits = excluded.limits`;
    await owner.query(text, [ctx.orgId, limits]);
    await owner.query('ALTER TABLE organization FORCE ROW LEVEL SECURITY');
    makeRetention();
  }

  function makeRetention(): void {
    const { uow, config } = database;
    const quotas = new Quotas(uow, config, silentLogger());
    choice = new AuditRetentionChoice(uow, new AuditRetentionStore(), quotas, outbox, config);
    retention = new AuditRetention(new JobHandlers(), uow, store, choice);
  }

  beforeEach(async () => {
    makeRetention();
    for (let index = 0; index < 4; index++) await happen('work.submitted');
    await recorded(4);
  });

  it('deletes the oldest records only, and the rest stays a chain', async () => {
    await retention.sweep(signal);
    expect((await reader.head(ctx)).firstSeq).toBe(1);
    await happen('work.canceled');
    await recorded(5);
    const before = after(database.config.auditRetentionDays + 1);
    const trim = { before, limit: 3 };
    expect(await database.uow.system('audit.retain', (tx) => store.trim(tx, ctx.orgId, trim))).toBe(3);
    expect(await reader.head(ctx)).toMatchObject({ seq: 5, firstSeq: 4 });
    expect(await firstBroken()).toBeUndefined();
  });

  it('is as long as the plan says, or the configuration where the plan says nothing', async () => {
    const { auditRetentionDays, auditRetentionMinDays } = database.config;
    const bounds = { minDays: auditRetentionMinDays, maxDays: auditRetentionDays };
    expect(await choice.get(ctx)).toEqual({ days: auditRetentionDays, chosenDays: null, ...bounds });
    await setPlan(100);
    expect(await choice.get(ctx)).toMatchObject({ days: 100, maxDays: 100 });
    await retention.sweep(signal, after(99));
    expect((await reader.head(ctx)).firstSeq).toBe(1);
    await retention.sweep(signal, after(101));
    expect((await reader.head(ctx)).firstSeq).toBe(5);
  });

  it('may be chosen within the plan, and that goes on record', async () => {
    await setPlan(100);
    for (const days of [101, database.config.auditRetentionMinDays - 1]) {
      await expect(choice.choose(ctx, days)).rejects.toMatchObject({ code: 'audit.bad_retention' });
    }
    expect(await choice.choose(ctx, 60)).toMatchObject({ days: 60, chosenDays: 60 });
    const [newest] = await recorded(5);
    expect(newest).toMatchObject({
      type: 'audit.retention_changed',
      actor: ctx.actor,
      data: { before: { days: null }, after: { days: 60 } },
    });
    await retention.sweep(signal, after(61));
    expect((await reader.head(ctx)).firstSeq).toBe(6);
    expect(await choice.choose(ctx, null)).toMatchObject({ days: 100, chosenDays: null });
  });

  it('shortens nobody else’s', async () => {
    const other = newTenant();
    await choice.choose(other, 60);
    await retention.sweep(signal, after(61));
    expect((await reader.head(ctx)).firstSeq).toBe(1);
  });

  it('leaves anchors good: those of records that are gone, of the last of them, and of those that are kept', async () => {
    const anchors = (await recorded(4)).map(({ seq, hash }) => ({ orgId: ctx.orgId, seq, hash }));
    await choice.choose(ctx, 60);
    await recorded(5);
    const trim = { before: after(1), limit: 2 };
    await database.uow.system('audit.retain', (tx) => store.trim(tx, ctx.orgId, trim));
    expect((await reader.head(ctx)).firstSeq).toBe(3);
    const [report] = await Array.fromAsync(check.run({ orgId: ctx.orgId, anchors }));
    expect(report).toMatchObject({ broken: undefined, records: 3 });
    const forged = anchors.map((anchor) => (anchor.seq === 2 ? { ...anchor, hash: 'a'.repeat(64) } : anchor));
    const [broken] = await Array.fromAsync(check.run({ orgId: ctx.orgId, anchors: forged }));
    expect(broken?.broken).toMatchObject({ seq: 2 });
  });
});
