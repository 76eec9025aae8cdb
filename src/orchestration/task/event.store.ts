import type { Reason, WorkStatus } from '@coorchat/contracts';
import { json, type Tx } from '../../platform/db/index.js';
import { byId, orgsOf } from './keys.js';
import type { EventDraft } from './ledger.types.js';
import { requestIds, type RequestKey, requestKeyText } from './request.store.js';
import { isTerminalWork } from './work-status.rules.js';

export interface RequestChange extends RequestKey {
  readonly status: WorkStatus;
  /** Why it failed or was canceled. */
  readonly error?: Reason;
}

interface Bump extends RequestKey {
  events: number;
  status: WorkStatus | null;
  error: Reason | null;
  ended: boolean;
}

function bumpsOf(drafts: readonly EventDraft[], changes: readonly RequestChange[]): Map<string, Bump> {
  const bumps = new Map<string, Bump>();
  const bumpOf = ({ orgId, workRequestId }: RequestKey): Bump => {
    const key = requestKeyText({ orgId, workRequestId });
    const bump = bumps.get(key) ?? { orgId, workRequestId, events: 0, status: null, error: null, ended: false };
    bumps.set(key, bump);
    return bump;
  };
  for (const draft of drafts) bumpOf(draft).events++;
  for (const { status, error, ...key } of changes)
    Object.assign(bumpOf(key), { status, error: error ?? null, ended: isTerminalWork(status) });
  return bumps;
}

/** Drafts with their place among the new events of their request, 1 and up. */
function placed(drafts: readonly EventDraft[]): (EventDraft & { place: number })[] {
  const places = new Map<string, number>();
  return drafts.map((draft) => {
    const key = requestKeyText(draft);
    const place = (places.get(key) ?? 0) + 1;
    places.set(key, place);
    return { ...draft, place };
  });
}

/** The scheduler's role may number events, but not change what a request is. */
const NUMBER_ONLY = `event_seq = w.event_seq + ($1::jsonb -> w.id ->> 'events')::int, version = w.version + 1`;

const NUMBER_AND_CHANGE = `(event_seq, version, status, error, updated_at, completed_at) = (
        SELECT w.event_seq + b.events, w.version + 1, COALESCE(b.status, w.status), COALESCE(b.error, w.error),
               CASE WHEN b.status IS NULL THEN w.updated_at ELSE clock_timestamp() END,
               CASE WHEN b.ended THEN clock_timestamp() ELSE w.completed_at END
        FROM jsonb_to_record($1::jsonb -> w.id) AS b(events int, status text, error jsonb, ended boolean))`;

function appendStatement(set: string): string {
  return `
    WITH bumped AS (
      UPDATE work_request w
      SET ${set}
      WHERE w.org_id = ANY($2::text[]) AND w.id = ANY($3::text[])
      RETURNING w.org_id, w.id, w.event_seq - ($1::jsonb -> w.id ->> 'events')::int AS before)
    INSERT INTO task_event (org_id, work_request_id, seq, type, task_id, data, at)
    SELECT b.org_id, b.id, b.before + e.place, e.type, e."taskId", e.data, clock_timestamp()
    FROM bumped b
    JOIN jsonb_to_recordset($4::jsonb)
      AS e("orgId" text, "workRequestId" text, place int, type text, "taskId" text, data jsonb)
      ON e."orgId" = b.org_id AND e."workRequestId" = b.id
    ORDER BY b.org_id, b.id, e.place`;
}

const APPEND = appendStatement(NUMBER_ONLY);
const APPEND_AND_CHANGE = appendStatement(NUMBER_AND_CHANGE);

/**
 * Appends to the numbered histories and changes the requests' status, in one statement. The caller holds
 * the rows' locks; a request numbers its own events, so their order is commit order without a gap.
 */
export async function appendEvents(
  tx: Tx,
  drafts: readonly EventDraft[],
  changes: readonly RequestChange[] = [],
): Promise<void> {
  if (drafts.length === 0 && changes.length === 0) return;
  const bumps = [...bumpsOf(drafts, changes).values()];
  const bumpsById = byId(bumps, ({ workRequestId }) => workRequestId);
  const statement = changes.length === 0 ? APPEND : APPEND_AND_CHANGE;
  await tx.prepared(statement, [bumpsById, orgsOf(bumps), requestIds(bumps), json(placed(drafts))]);
}
