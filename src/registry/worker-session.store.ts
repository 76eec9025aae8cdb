import type { LocalRepository } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import { json, type SystemTx, type TenantTx } from '../platform/db/index.js';
import type { VerifiedCard } from './worker-card.rules.js';
import type { Road } from './worker.types.js';

export interface OpeningSession extends VerifiedCard {
  readonly workerId: string;
  /** The process that holds the socket. */
  readonly holder: string;
  readonly features: readonly string[];
  readonly version: string | null;
  readonly road: Road;
}

/** The session that a worker has, as the row says. */
export interface StandingSession {
  readonly epoch: number;
  /** Somebody holds its socket, and it was heard from within the given time. */
  readonly isLive: boolean;
}

export interface DescribedWorker extends VerifiedCard {
  readonly workerId: string;
  readonly epoch: number;
}

export interface OpenedWorker {
  readonly epoch: number;
  readonly poolId: string;
  readonly clusterId: string;
  readonly name: string;
}

export interface Heartbeat {
  readonly orgId: string;
  readonly workerId: string;
  readonly epoch: number;
  readonly load: unknown;
}

@Injectable()
export class WorkerSessionStore {
  /** Locks the worker until the end of the transaction. */
  async standing(tx: TenantTx, workerId: string, heardWithinMs: number): Promise<StandingSession | undefined> {
    const [row] = await tx.sql<StandingSession>`
      SELECT session_epoch AS epoch,
        coalesce(session_holder IS NOT NULL AND last_heartbeat_at > now() - make_interval(secs => ${heardWithinMs / 1_000}::float8), false) AS "isLive"
      FROM worker WHERE id = ${workerId} AND removed_at IS NULL FOR UPDATE`;
    return row;
  }

  async markSecondSession(tx: TenantTx, workerId: string): Promise<void> {
    await tx.sql`UPDATE worker SET second_session_at = now() WHERE id = ${workerId}`;
  }

  /** Raises the epoch: only the newest socket of a worker may speak. Undefined when the worker was removed. */
  async open(tx: TenantTx, session: OpeningSession): Promise<OpenedWorker | undefined> {
    const [row] = await tx.sql<OpenedWorker>`
      UPDATE worker SET
        session_epoch = session_epoch + 1, session_holder = ${session.holder},
        connected_at = now(), last_heartbeat_at = now(), disconnected_at = NULL, load = NULL, updated_at = now(),
        features = ${[...session.features]}, version = ${session.version}, road = ${session.road}
      WHERE id = ${session.workerId} AND removed_at IS NULL
      RETURNING session_epoch AS epoch, pool_id AS "poolId", cluster_id AS "clusterId", name`;
    if (row) await this.describe(tx, { ...session, epoch: row.epoch });
    return row;
  }

  /** Card and facts as this session tells them. Pool of the worker; undefined when a newer session is open, or none. */
  async describe(tx: TenantTx, { workerId, epoch, card, facts, skills }: DescribedWorker): Promise<string | undefined> {
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET
        card = ${json(card)}::jsonb, skills = ${skills}, platform = ${facts.platform},
        architecture = ${facts.architecture}, cpu_cores = ${facts.cpuCores}, memory_mb = ${facts.memoryMb},
        disk_free_mb = ${facts.diskFreeMb}, gpu = ${facts.gpu}, labels = ${facts.labels},
        toolchains = ${json(facts.toolchains)}::jsonb, sandbox = ${facts.sandbox},
        max_concurrent = ${facts.maxConcurrent}, updated_at = now()
      WHERE id = ${workerId} AND session_epoch = ${epoch} AND session_holder IS NOT NULL AND removed_at IS NULL
      RETURNING pool_id AS "poolId"`;
    if (row) await this.replaceRepositories(tx, workerId, facts.repositories);
    return row?.poolId;
  }

  private async replaceRepositories(
    tx: TenantTx,
    workerId: string,
    repositories: readonly LocalRepository[],
  ): Promise<void> {
    await tx.sql`DELETE FROM worker_repository WHERE worker_id = ${workerId}`;
    await tx.sql`
      INSERT INTO worker_repository (org_id, worker_id, canonical_url, default_branch, head, shallow)
      SELECT ${tx.orgId}, ${workerId}, r.url, r."defaultBranch", r.head, r.shallow
      FROM jsonb_to_recordset(${json(repositories)}::jsonb) AS r(url text, "defaultBranch" text, head text, shallow boolean)`;
  }

  /** Pool of the worker; undefined when a newer session is open, or none. */
  async close(tx: TenantTx, { workerId, epoch }: { workerId: string; epoch: number }): Promise<string | undefined> {
    const [row] = await tx.sql<{ poolId: string }>`
      UPDATE worker SET session_holder = NULL, disconnected_at = now(), updated_at = now()
      WHERE id = ${workerId} AND session_epoch = ${epoch} AND session_holder IS NOT NULL
      RETURNING pool_id AS "poolId"`;
    return row?.poolId;
  }

  /** Ids of the workers whose session is still the newest. One statement for all. */
  async heartbeats(tx: SystemTx, beats: readonly Heartbeat[]): Promise<Set<string>> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE worker w SET last_heartbeat_at = now(), load = h.load,
        disk_free_mb = coalesce((h.load->>'diskFreeMb')::int, w.disk_free_mb)
      FROM jsonb_to_recordset(${json(beats)}::jsonb) AS h("orgId" text, "workerId" text, epoch int, load jsonb)
      WHERE w.org_id = h."orgId" AND w.id = h."workerId" AND w.session_epoch = h.epoch
        AND w.session_holder IS NOT NULL AND w.removed_at IS NULL
      RETURNING w.id`;
    return new Set(rows.map(({ id }) => id));
  }
}
