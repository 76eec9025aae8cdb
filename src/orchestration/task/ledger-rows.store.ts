import type { Reason } from '@coorchat/contracts';
import { json, type Tx } from '../../platform/db/index.js';
import { isLiveAttempt } from './attempt.machine.js';
import { byId, orgsOf } from './keys.js';
import type { AttemptChange, TaskEnding } from './ledger.types.js';

function reasonOf(ending: TaskEnding | null): Reason | null {
  return ending === null || ending.kind === 'completed' ? null : ending.reason;
}

/** A result without a change is none: nothing to merge, nothing to deliver. */
export function commitsOf(ending: TaskEnding | null) {
  const commits = ending?.kind === 'completed' ? ending.result.commits : null;
  return commits === null || commits.head === commits.base ? null : commits;
}

function attemptRow({ attempt, ending }: AttemptChange) {
  const { orgId, attemptId, state, workerSeq, sessionEpoch, startedAt } = attempt;
  const ended = !isLiveAttempt(state);
  return { orgId, attemptId, state, workerSeq, sessionEpoch, startedAt, ended, outcome: reasonOf(ending) };
}

export async function writeAttempts(tx: Tx, changes: readonly AttemptChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(attemptRow);
  await tx.sql`
    UPDATE attempt a
    SET (state, worker_seq, session_epoch, started_at, outcome, ended_at) = (
      SELECT c.state, c."workerSeq", c."sessionEpoch", c."startedAt", c.outcome,
             CASE WHEN c.ended THEN clock_timestamp() END
      FROM jsonb_to_record(${byId(rows, ({ attemptId }) => attemptId)}::jsonb -> a.id)
        AS c(state text, "workerSeq" int, "sessionEpoch" int, "startedAt" timestamptz, ended boolean, outcome jsonb))
    WHERE a.org_id = ANY(${orgsOf(rows)}) AND a.id = ANY(${rows.map(({ attemptId }) => attemptId)})`;
}

function taskRow({ task, attempt, ending }: AttemptChange) {
  const { orgId, taskId, status, phase, failures } = task;
  const result = ending?.kind === 'completed' ? ending.result : null;
  return {
    orgId,
    taskId,
    status,
    phase,
    failures,
    startedAt: attempt.startedAt,
    delayMs: ending?.kind === 'retry' && ending.delayMs > 0 ? ending.delayMs : null,
    summary: result?.summary ?? null,
    commits: commitsOf(ending),
    checks: result?.checks ?? null,
    error: reasonOf(ending),
  };
}

export async function writeTasks(tx: Tx, changes: readonly AttemptChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(taskRow);
  await tx.sql`
    UPDATE task t
    SET (version, status, phase, failures, summary, commits, checks, error, not_before, ready_at, worker_id, a2a_task_id,
         started_at, completed_at) = (
      SELECT t.version + 1, c.status, c.phase, c.failures, c.summary, c.commits, c.checks, c.error,
             clock_timestamp() + c."delayMs" * interval '1 millisecond',
             CASE WHEN c.phase = 'ready' THEN clock_timestamp() ELSE t.ready_at END,
             CASE WHEN c.phase = 'ready' THEN NULL ELSE t.worker_id END,
             CASE WHEN c.phase = 'ready' THEN NULL ELSE t.a2a_task_id END,
             CASE WHEN c.phase = 'ready' THEN NULL ELSE COALESCE(t.started_at, c."startedAt") END,
             CASE WHEN c.phase = 'done' THEN clock_timestamp() END
      FROM jsonb_to_record(${byId(rows, ({ taskId }) => taskId)}::jsonb -> t.id)
        AS c(status text, phase text, failures int, "startedAt" timestamptz, "delayMs" int, summary text, commits jsonb,
             checks jsonb, error jsonb))
    WHERE t.org_id = ANY(${orgsOf(rows)}) AND t.id = ANY(${rows.map(({ taskId }) => taskId)})`;
}

const MAX_LOG_CHARS = 8_000;

/** Long texts are cut; what no longer fits as JSON is kept as its beginning. */
function trimmed(data: unknown): unknown {
  const text = json(data);
  return text.length <= MAX_LOG_CHARS ? data : { truncated: true, text: text.slice(0, MAX_LOG_CHARS) };
}

export async function writeLogs(tx: Tx, changes: readonly AttemptChange[]): Promise<void> {
  const rows = changes.flatMap(({ attempt, log }) =>
    log.map(({ seq, kind, data, at }) => ({
      orgId: attempt.orgId,
      attemptId: attempt.attemptId,
      seq,
      kind,
      data: trimmed(data),
      at,
    })),
  );
  if (rows.length === 0) return;
  await tx.sql`
    INSERT INTO attempt_log (org_id, attempt_id, seq, kind, data, at)
    SELECT r."orgId", r."attemptId", r.seq, r.kind, COALESCE(r.data, 'null'::jsonb), r.at
    FROM jsonb_to_recordset(${json(rows)}::jsonb)
      AS r("orgId" text, "attemptId" text, seq int, kind text, data jsonb, at timestamptz)
    ON CONFLICT DO NOTHING`;
}
