import { Injectable } from '@nestjs/common';
import type { Prisma, TenantTx } from '../platform/db/index.js';
import type { CardJson } from './worker-card.rules.js';
import type { StoredWorker } from './worker.types.js';

export interface NewWorker {
  readonly id: string;
  readonly clusterId: string;
  readonly poolId: string;
  readonly name: string;
  readonly grantedSkills: readonly string[];
}

export interface WorkerFilter {
  readonly skill?: string | undefined;
  readonly platform?: string | undefined;
  /** Name only. */
  readonly toolchain?: string | undefined;
  /** Canonical URL. */
  readonly repository?: string | undefined;
  readonly label?: string | undefined;
  /** Connected and heard from after this instant, or not. */
  readonly connected?: { readonly since: Date; readonly is: boolean } | undefined;
  /** Whether it has published a card. */
  readonly published?: true | undefined;
}

export interface WorkerPage {
  readonly afterId: string | undefined;
  readonly limit: number;
}

const ROW = { include: { repositories: true } } as const;
type Row = Prisma.WorkerGetPayload<typeof ROW>;

function workerOf(row: Row): StoredWorker {
  return {
    ...row,
    card: row.card as CardJson | null,
    toolchains: row.toolchains as unknown as StoredWorker['toolchains'],
    load: row.load as StoredWorker['load'],
    repositories: row.repositories.map(({ canonicalUrl, defaultBranch, head, shallow }) => {
      const name = canonicalUrl.slice(canonicalUrl.lastIndexOf('/') + 1);
      return { name, url: canonicalUrl, defaultBranch, head, shallow };
    }),
    totalDurationMs: Number(row.totalDurationMs),
    totalCostMicros: Number(row.totalCostMicros),
  };
}

function connectedWhere({ since, is }: NonNullable<WorkerFilter['connected']>): Prisma.WorkerWhereInput {
  const connected = { sessionHolder: { not: null }, lastHeartbeatAt: { gte: since } };
  const gone = { OR: [{ sessionHolder: null }, { lastHeartbeatAt: null }, { lastHeartbeatAt: { lt: since } }] };
  return is ? connected : gone;
}

function where(filter: WorkerFilter): Prisma.WorkerWhereInput {
  const { skill, platform, toolchain, repository, label, connected, published } = filter;
  const parts: Prisma.WorkerWhereInput[] = [
    ...(skill ? [{ skills: { has: skill } }, { grantedSkills: { hasSome: [skill, '*'] } }] : []),
    ...(platform ? [{ platform }] : []),
    ...(toolchain ? [{ toolchains: { array_contains: [{ name: toolchain }] } }] : []),
    ...(repository ? [{ repositories: { some: { canonicalUrl: repository } } }] : []),
    ...(label ? [{ labels: { has: label } }] : []),
    ...(connected ? [connectedWhere(connected)] : []),
    ...(published ? [{ connectedAt: { not: null } }] : []),
  ];
  return { removedAt: null, AND: parts };
}

@Injectable()
export class WorkerStore {
  async insert(tx: TenantTx, worker: NewWorker): Promise<void> {
    await tx.db.worker.create({ data: { ...worker, orgId: tx.orgId, grantedSkills: [...worker.grantedSkills] } });
  }

  async nameIsTaken(tx: TenantTx, { clusterId, name }: { clusterId: string; name: string }): Promise<boolean> {
    return (await tx.db.worker.count({ where: { clusterId, name } })) > 0;
  }

  async find(tx: TenantTx, id: string): Promise<StoredWorker | undefined> {
    const row = await tx.db.worker.findFirst({ where: { id, removedAt: null }, ...ROW });
    return row === null ? undefined : workerOf(row);
  }

  async list(tx: TenantTx, filter: WorkerFilter, { afterId, limit }: WorkerPage): Promise<StoredWorker[]> {
    const after = afterId === undefined ? {} : { id: { gt: afterId } };
    const rows = await tx.db.worker.findMany({
      where: { ...where(filter), ...after },
      orderBy: { id: 'asc' },
      take: limit,
      ...ROW,
    });
    return rows.map(workerOf);
  }

  /** Pool of the worker; undefined when there is no such worker. */
  async steer(tx: TenantTx, id: string, to: { paused: boolean; draining: boolean }): Promise<string | undefined> {
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET paused = ${to.paused}, draining = ${to.draining}, updated_at = now()
      WHERE id = ${id} AND removed_at IS NULL RETURNING pool_id AS "poolId"`;
    return row?.poolId;
  }

  /** Pool of the worker; undefined when there is no such worker. */
  async grantSkills(tx: TenantTx, id: string, skills: readonly string[]): Promise<string | undefined> {
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET granted_skills = ${[...skills]}, updated_at = now()
      WHERE id = ${id} AND removed_at IS NULL RETURNING pool_id AS "poolId"`;
    return row?.poolId;
  }

  /** Its name becomes free, its session ends, its history stays. */
  async remove(tx: TenantTx, id: string): Promise<string | undefined> {
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET removed_at = now(), name = name || ' (' || id || ')', session_epoch = session_epoch + 1,
        session_holder = NULL, disconnected_at = now(), endpoint_url = NULL, endpoint_secret = NULL, updated_at = now()
      WHERE id = ${id} AND removed_at IS NULL RETURNING pool_id AS "poolId"`;
    return row?.poolId;
  }

  async skillsOfPool(tx: TenantTx, poolId: string): Promise<string[]> {
    const rows = await tx.sql<{ skill: string }>`
      SELECT DISTINCT skill FROM worker, unnest(skills) AS skill
      WHERE pool_id = ${poolId} AND removed_at IS NULL AND granted_skills && ARRAY[skill, '*']`;
    return rows.map(({ skill }) => skill);
  }

  /** Whether a machine of the pool was granted every skill; undefined while the pool has none. */
  async hasEverySkill(tx: TenantTx, poolId: string): Promise<boolean | undefined> {
    const [row] = await tx.sql<{ every: boolean | null }>`
      SELECT bool_or('*' = ANY(granted_skills)) AS every FROM worker WHERE pool_id = ${poolId} AND removed_at IS NULL`;
    return row?.every ?? undefined;
  }
}
