import { json, type Tx } from '../../platform/db/index.js';
import type { ClaimedAttempt, ExtendedLease, HolderEpoch, HolderSession, Machine } from './attempt.types.js';
import { byId, orgsOf } from './keys.js';
import type { AttemptSituation } from './ledger.types.js';
import type { AttemptKey } from './request.store.js';
import { UNFETCHED_SHARE } from './lease.rules.js';

const SERVICE = 'leases';

/** Notes that leases are being extended; after a pause that is too long, service starts anew. */
async function proveService(tx: Tx, graceMs: number): Promise<void> {
  await tx.sql`
    INSERT INTO service_period AS s (name, since, last_tick_at)
    VALUES (${SERVICE}, clock_timestamp(), clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET since = CASE WHEN clock_timestamp() - s.last_tick_at > ${graceMs} * interval '1 millisecond'
                     THEN clock_timestamp() ELSE s.since END,
        last_tick_at = clock_timestamp()`;
}

export interface LeaseTick {
  readonly sessions: readonly HolderSession[];
  readonly graceOfServiceMs: number;
}

/** What nobody follows is not extended: no word of it would ever come, and its slot would be taken for ever. */
export async function tickLeases(tx: Tx, { sessions, graceOfServiceMs }: LeaseTick): Promise<ExtendedLease[]> {
  await proveService(tx, graceOfServiceMs);
  if (sessions.length === 0) return [];
  const workers = sessions.map(({ workerId }) => workerId);
  const epochs = JSON.stringify(Object.fromEntries(sessions.map(({ workerId, epoch }) => [workerId, epoch])));
  const followed = sessions.flatMap(({ attemptIds }) => attemptIds);
  return tx.sql<ExtendedLease>`
    WITH due AS (
      SELECT a.org_id, a.id FROM attempt a
      WHERE a.worker_id = ANY(${workers})
        AND (a.state = 'assigned'
             OR (a.id = ANY(${followed}) AND a.session_epoch = (${epochs}::jsonb ->> a.worker_id)::int))
        AND a.state IN ('assigned', 'sent', 'working', 'input_required')
      ORDER BY a.org_id, a.id FOR NO KEY UPDATE OF a)
    UPDATE attempt a SET lease_expires_at = clock_timestamp() + a.lease_ms * interval '1 millisecond'
      * CASE WHEN a.state = 'assigned' THEN ${UNFETCHED_SHARE}::float ELSE 1 END
    WHERE a.org_id = ANY(ARRAY(SELECT org_id FROM due)) AND a.id = ANY(ARRAY(SELECT id FROM due))
    RETURNING a.id AS "attemptId", a.worker_id AS "workerId", a.lease_ms AS "leaseMs"`;
}

export interface ExpiredAttempt extends AttemptKey {
  /** Its lease ran out while we did not serve. */
  readonly duringOutage: boolean;
}

export interface ExpiryQuery {
  readonly graceOfServiceMs: number;
  readonly limit: number;
  readonly among?: readonly AttemptKey[];
}

/** Live attempts whose lease ran out, once we have served without a pause for as long as their lease. */
export function expiredAttempts(tx: Tx, { graceOfServiceMs, limit, among }: ExpiryQuery): Promise<ExpiredAttempt[]> {
  const ids = among?.map(({ attemptId }) => attemptId) ?? null;
  return tx.sql<ExpiredAttempt>`
    SELECT a.org_id AS "orgId", a.id AS "attemptId", a.lease_expires_at < s.since AS "duringOutage"
    FROM attempt a
    JOIN service_period s ON s.name = ${SERVICE}
    WHERE a.state IN ('assigned', 'sent', 'working', 'input_required')
      AND a.lease_expires_at < clock_timestamp()
      AND s.since + a.lease_ms * interval '1 millisecond' < clock_timestamp()
      AND s.last_tick_at + ${graceOfServiceMs} * interval '1 millisecond' > clock_timestamp()
      AND (${ids}::text[] IS NULL OR a.id = ANY(${ids}::text[]))
    ORDER BY a.lease_expires_at
    LIMIT ${limit}`;
}

/** Attempts of a worker that are live, or that it lists. */
export function attemptsOfSession(tx: Tx, workerId: string, listed: readonly string[]): Promise<AttemptKey[]> {
  return tx.sql<AttemptKey>`
    SELECT org_id AS "orgId", id AS "attemptId" FROM attempt
    WHERE worker_id = ${workerId}
      AND (state IN ('assigned', 'sent', 'working', 'input_required') OR id = ANY(${listed}))`;
}

/** What these workers were to do and nobody fetched. */
export function unfetchedAttemptsOf(tx: Tx, workerIds: readonly string[]): Promise<AttemptKey[]> {
  return tx.sql<AttemptKey>`
    SELECT org_id AS "orgId", id AS "attemptId" FROM attempt
    WHERE worker_id = ANY(${workerIds}) AND state = 'assigned'`;
}

/** Live attempts on these machines, whoever they work for. A machine counts as its owner's alone. */
export function liveAttemptsOn(tx: Tx, machines: readonly Machine[]): Promise<AttemptKey[]> {
  return tx.sql<AttemptKey>`
    SELECT a.org_id AS "orgId", a.id AS "attemptId" FROM attempt a
    JOIN jsonb_to_recordset(${json(machines)}::jsonb) AS m("orgId" text, "workerId" text)
      ON a.worker_id = m."workerId" AND a.provider_org_id = m."orgId"
    WHERE a.state IN ('assigned', 'sent', 'working', 'input_required')`;
}

/** What was claimed on this session and never left is to be claimed again, by whichever session comes. */
export async function unclaimAttempts(tx: Tx, claimed: readonly ClaimedAttempt[]): Promise<void> {
  const epochs = byId(claimed, ({ attemptId }) => attemptId);
  await tx.sql`
    WITH due AS (
      SELECT a.org_id, a.id FROM attempt a
      WHERE a.org_id = ANY(${orgsOf(claimed)}) AND a.id = ANY(${claimed.map(({ attemptId }) => attemptId)})
        AND a.state = 'sent' AND a.worker_seq = 0
        AND a.session_epoch = (${epochs}::jsonb -> a.id ->> 'epoch')::int
      ORDER BY a.org_id, a.id FOR NO KEY UPDATE OF a)
    UPDATE attempt a
    SET state = 'assigned', sent_at = NULL,
        lease_expires_at = clock_timestamp() + a.lease_ms * ${UNFETCHED_SHARE}::float * interval '1 millisecond'
    WHERE a.org_id = ANY(ARRAY(SELECT org_id FROM due)) AND a.id = ANY(ARRAY(SELECT id FROM due))`;
}

/** Moves attempts to the worker's new session, with a fresh lease; a cancel is told again. */
export async function continueAttempts(
  tx: Tx,
  session: HolderEpoch,
  situations: readonly AttemptSituation[],
): Promise<void> {
  if (situations.length === 0) return;
  const attempts = situations.map(({ attempt }) => attempt);
  await tx.sql`
    UPDATE attempt a
    SET session_epoch = GREATEST(a.session_epoch, ${session.epoch}::int), cancel_sent_at = NULL,
        state = CASE WHEN a.state = 'assigned' THEN 'sent' ELSE a.state END,
        sent_at = COALESCE(a.sent_at, clock_timestamp()),
        lease_expires_at = clock_timestamp() + a.lease_ms * interval '1 millisecond'
    WHERE a.org_id = ANY(${orgsOf(attempts)}) AND a.id = ANY(${attempts.map(({ attemptId }) => attemptId)})`;
}
