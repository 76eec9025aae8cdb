import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { Clusters } from '../../tenancy/index.js';
import { writeAssignments } from './assignment.store.js';
import { byId, orgsOf } from './keys.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { readyRows } from './ready.store.js';
import { requestIds, type RequestKey } from './request.store.js';
import type { NewAttempt, ReadyTask, TakenSlot, WaitingRow } from './scheduling.types.js';
import type { TouchedTask } from './task-graph.store.js';

export interface TakeReadyOptions {
  readonly limit: number;
  /** Tasks that this pass has looked at already, so that a full window of unplaceable ones hides no other. */
  readonly exclude?: readonly string[];
}

interface WaitingTask extends TouchedTask {
  readonly place: number;
}

/** What a scheduling pass reads and writes; every method joins the scheduler's transaction. */
@Injectable()
export class SchedulingLedger {
  constructor(
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
    @Inject(Clusters) private readonly clusters: Clusters,
  ) {}

  /** One pass per pool at a time. */
  async lockPool(tx: Tx, poolId: string): Promise<void> {
    await tx.sql`SELECT id FROM capacity_pool WHERE id = ${poolId} FOR NO KEY UPDATE`;
  }

  /**
   * Tasks that could run now: oldest first within an organization; organizations with fewer live attempts
   * go first, then they take turns.
   */
  async takeReady(tx: Tx, poolId: string, { limit, exclude = [] }: TakeReadyOptions): Promise<ReadyTask[]> {
    const rows = await readyRows(tx, poolId, { limit, exclude });
    const clusterIds = [...new Set(rows.map(({ clusterId }) => clusterId))];
    const policies = clusterIds.length === 0 ? new Map() : await this.clusters.policies(tx, clusterIds);
    return rows.flatMap(({ ...row }) => {
      const policy = policies.get(row.clusterId);
      return policy ? [{ ...row, policy }] : [];
    });
  }

  liveSlots(tx: Tx, poolId: string): Promise<TakenSlot[]> {
    return tx.sql<TakenSlot>`
      SELECT worker_id AS "workerId", slot FROM attempt
      WHERE pool_id = ${poolId} AND state IN ('assigned', 'sent', 'working', 'input_required')`;
  }

  /** Live attempts by cluster. */
  async runningByCluster(tx: Tx, poolId: string): Promise<Map<string, number>> {
    const rows = await tx.sql<{ clusterId: string; running: number }>`
      SELECT w.cluster_id AS "clusterId", count(*)::int AS running
      FROM attempt a
      CROSS JOIN LATERAL (
        SELECT cluster_id FROM work_request r WHERE r.org_id = a.org_id AND r.id = a.work_request_id LIMIT 1) w
      WHERE a.pool_id = ${poolId} AND a.state IN ('assigned', 'sent', 'working', 'input_required')
      GROUP BY 1`;
    return new Map(rows.map(({ clusterId, running }) => [clusterId, running]));
  }

  /**
   * Live attempts of organizations over all pools. Until the transaction ends no other pass counts, or places, work of
   * theirs: passes over different pools hold no lock in common.
   */
  async lockRunning(tx: Tx, orgIds: readonly string[]): Promise<Map<string, number>> {
    const sorted = [...orgIds].sort();
    // Sent together, run one after the other: the count sees what was committed before the lock was had.
    const [, rows] = await Promise.all([
      tx.sql`
        SELECT pg_advisory_xact_lock(hashtextextended('running tasks ' || id, 0))
        FROM unnest(${sorted}::text[]) WITH ORDINALITY AS o(id, place) ORDER BY place`,
      tx.sql<{ orgId: string; running: number }>`
        SELECT a.org_id AS "orgId", count(*)::int AS running FROM attempt a
        WHERE a.org_id = ANY(${sorted}) AND a.state IN ('assigned', 'sent', 'working', 'input_required')
        GROUP BY 1`,
    ]);
    return new Map(rows.map(({ orgId, running }) => [orgId, running]));
  }

  /**
   * Writes attempts, tasks, events. Returns the attempts that were written: a task that was canceled or taken since
   * `takeReady`, and one whose skill is not allowed any more, is left out. Rings 'dispatch' after commit.
   */
  async assign(tx: Tx, attempts: readonly NewAttempt[]): Promise<NewAttempt[]> {
    if (attempts.length === 0) return [];
    // Sent together, run one after the other: the rows are written under the lock.
    const [, assigned] = await Promise.all([lockOnly(tx, attempts), writeAssignments(tx, attempts)]);
    const keys = new Map(assigned.map(({ id, key }) => [id, key]));
    const written = attempts.filter(({ id }) => keys.has(id));
    const draft = new LedgerDraft();
    for (const attempt of written) noteAssignment(draft, attempt, keys.get(attempt.id) ?? '');
    await this.writer.finish(tx, draft);
    return written;
  }

  /** Writes a reason, and an event, only where the code changed. */
  async markWaiting(tx: Tx, rows: readonly WaitingRow[]): Promise<void> {
    if (rows.length === 0) return;
    const changed = await changedReasons(tx, rows);
    if (changed.length === 0) return;
    await lockOnly(tx, changed);
    const due = rows.filter((_, index) => changed.some(({ place }) => place === index));
    const marked = await writeReasons(tx, due);
    const draft = new LedgerDraft();
    for (const { place, ...task } of marked) draft.tasks('task.waiting', [task], { reason: due[place]?.reason });
    await this.writer.finish(tx, draft);
  }
}

async function lockOnly(tx: Tx, keys: readonly RequestKey[]): Promise<void> {
  await tx.sql`
    SELECT w.id FROM work_request w
    WHERE w.org_id = ANY(${orgsOf(keys)}) AND w.id = ANY(${requestIds(keys)})
    ORDER BY w.org_id, w.id
    FOR NO KEY UPDATE OF w`;
}

function noteAssignment(draft: LedgerDraft, attempt: NewAttempt, key: string): void {
  const { orgId, workRequestId, taskId, workerId, providerOrgId, fence, placement } = attempt;
  const { workerName, reasons, score } = placement;
  const data = { key, attemptId: attempt.id, attempt: fence, workerId, workerName, reasons, score };
  draft.events.push({ orgId, workRequestId, type: 'task.assigned', taskId, data });
  const feedData = { taskId, workRequestId, workerId, providerOrgId, attempt: fence };
  draft.feed.push({ orgId, type: 'attempt.assigned', subject: attempt.id, data: feedData });
  draft.dispatchPools.add(attempt.poolId);
}

function reasonsById(rows: readonly WaitingRow[]): string {
  const reasons = rows.map(({ taskId, reason }, place) => ({ taskId, place, code: reason.code, reason }));
  return byId(reasons, ({ taskId }) => taskId);
}

/** Most passes change no reason: they lock nothing and write nothing. */
function changedReasons(tx: Tx, rows: readonly WaitingRow[]): Promise<WaitingTask[]> {
  const reasons = reasonsById(rows);
  return tx.sql<WaitingTask>`
    SELECT t.org_id AS "orgId", t.work_request_id AS "workRequestId", t.id AS "taskId", t.key,
           (${reasons}::jsonb -> t.id ->> 'place')::int AS place
    FROM task t
    WHERE t.org_id = ANY(${orgsOf(rows)}) AND t.id = ANY(${rows.map(({ taskId }) => taskId)})
      AND t.phase = 'ready' AND t.wait_reason ->> 'code' IS DISTINCT FROM ${reasons}::jsonb -> t.id ->> 'code'`;
}

function writeReasons(tx: Tx, rows: readonly WaitingRow[]): Promise<WaitingTask[]> {
  const reasons = reasonsById(rows);
  return tx.sql<WaitingTask>`
    UPDATE task t SET wait_reason = ${reasons}::jsonb -> t.id -> 'reason', version = t.version + 1
    WHERE t.org_id = ANY(${orgsOf(rows)}) AND t.id = ANY(${rows.map(({ taskId }) => taskId)})
      AND t.phase = 'ready' AND t.wait_reason ->> 'code' IS DISTINCT FROM ${reasons}::jsonb -> t.id ->> 'code'
    RETURNING t.org_id AS "orgId", t.work_request_id AS "workRequestId", t.id AS "taskId", t.key,
              (${reasons}::jsonb -> t.id ->> 'place')::int AS place`;
}
