import { newId } from '@coorchat/kernel';
import { json, type Tx } from '../../platform/db/index.js';
import { commitsOf } from './ledger-rows.store.js';
import type { AttemptChange } from './ledger.types.js';

interface ArtifactRow {
  readonly kind: 'bundle' | 'transcript';
  readonly name: string;
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: number;
}

function artifactsOf({ task, ending }: AttemptChange): ArtifactRow[] {
  if (ending?.kind !== 'completed') return [];
  const commits = commitsOf(ending);
  const { transcript } = ending.result;
  const bundle = commits && { digest: commits.bundleDigest, bytes: commits.bundleBytes };
  return [
    ...(bundle
      ? [{ kind: 'bundle' as const, name: `${task.key}.bundle`, mediaType: 'application/x-git-bundle', ...bundle }]
      : []),
    ...(transcript
      ? [{ kind: 'transcript' as const, name: `${task.key}.ndjson`, mediaType: 'application/x-ndjson', ...transcript }]
      : []),
  ];
}

/** Notes what completed attempts left in blob storage. */
export async function writeArtifacts(tx: Tx, changes: readonly AttemptChange[]): Promise<void> {
  const rows = changes.flatMap((change) => {
    const { orgId, workRequestId, taskId, attemptId } = change.attempt;
    return artifactsOf(change).map((row) => ({
      id: newId('artifact'),
      orgId,
      workRequestId,
      taskId,
      attemptId,
      ...row,
    }));
  });
  if (rows.length === 0) return;
  await tx.sql`
    INSERT INTO artifact (org_id, id, work_request_id, task_id, attempt_id, name, kind, media_type, digest, bytes)
    SELECT r."orgId", r.id, r."workRequestId", r."taskId", r."attemptId", r.name, r.kind, r."mediaType", r.digest, r.bytes
    FROM jsonb_to_recordset(${json(rows)}::jsonb)
      AS r("orgId" text, id text, "workRequestId" text, "taskId" text, "attemptId" text, name text, kind text,
           "mediaType" text, digest text, bytes bigint)`;
}
