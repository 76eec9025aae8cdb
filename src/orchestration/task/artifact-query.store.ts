import type { ArtifactKind } from '@coorchat/contracts';
import type { Tx } from '../../platform/db/index.js';
import type { ArtifactRow } from './artifact.view.js';
import { conditions } from './conditions.js';

export interface ArtifactRowsQuery {
  readonly orgId: string;
  readonly limit: number;
  readonly id?: string | undefined;
  readonly workRequestId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly kind?: ArtifactKind | undefined;
  /** Newest first: ids below this one. */
  readonly beforeId?: string | undefined;
}

const COLUMNS = `
    id, work_request_id AS "workRequestId", task_id AS "taskId", attempt_id AS "attemptId", name, kind,
    media_type AS "mediaType", digest, bytes::float8 AS bytes, created_at AS "createdAt"`;

export async function artifactRows(tx: Tx, query: ArtifactRowsQuery): Promise<ArtifactRow[]> {
  const { where, params } = conditions([
    ['org_id =', query.orgId],
    ['id =', query.id],
    ['work_request_id =', query.workRequestId],
    ['task_id =', query.taskId],
    ['kind =', query.kind],
    ['id <', query.beforeId],
  ]);
  const text = `SELECT ${COLUMNS} FROM artifact WHERE ${where} ORDER BY id DESC LIMIT $${params.length + 1}`;
  return (await tx.query<ArtifactRow>(text, [...params, query.limit])).rows;
}

/** The first `perRequest` of each request, oldest first. */
export function firstArtifacts(
  tx: Tx,
  { orgId, workRequestIds, perRequest }: { orgId: string; workRequestIds: readonly string[]; perRequest: number },
): Promise<ArtifactRow[]> {
  return tx.sql<ArtifactRow>`
    SELECT a.id, a.work_request_id AS "workRequestId", a.task_id AS "taskId", a.attempt_id AS "attemptId", a.name,
      a.kind, a.media_type AS "mediaType", a.digest, a.bytes::float8 AS bytes, a.created_at AS "createdAt"
    FROM unnest(${workRequestIds}::text[]) AS w(id)
    CROSS JOIN LATERAL (
      SELECT * FROM artifact
      WHERE org_id = ${orgId} AND work_request_id = w.id ORDER BY id LIMIT ${perRequest}) a
    ORDER BY a.id`;
}
