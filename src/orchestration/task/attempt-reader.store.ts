import { type Grant, grantSchema } from '@coorchat/a2a';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';

/** The code that an attempt started from, and the one ref that its bundle may carry. */
export interface AttemptCode {
  readonly repositoryId: string;
  readonly base: string;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Null when no base bundle was uploaded: then nothing can be inspected. */
  readonly baseBundleDigest: string | null;
  readonly ref: string;
}

/** Branch on which a task commits, and the one ref of its bundle. */
export function taskBranch(workRequestId: string, taskKey: string): string {
  return `coorchat/${workRequestId}/${taskKey}`;
}

interface CodeRow {
  readonly workRequestId: string;
  readonly taskKey: string;
  readonly repositoryId: string | null;
  readonly base: string | null;
  readonly objectFormat: 'sha1' | 'sha256' | null;
  readonly baseBundleDigest: string | null;
}

/** What a `prepare` task was asked to resolve. */
export interface AttemptPreparation {
  readonly repositoryId: string;
  /** Branch, tag or commit; null for the default branch. */
  readonly askedRef: string | null;
}

export interface LiveAttempt {
  readonly fence: number;
  readonly grant: Grant;
  readonly workerId: string;
  readonly workRequestId: string;
}

/** Reads of single attempts; the ledgers write them. */
@Injectable()
export class AttemptReader {
  /** Undefined when there is no such attempt, or it has ended. */
  async live(tx: Tx, attemptId: string): Promise<LiveAttempt | undefined> {
    const [row] = await tx.sql<LiveAttempt>`
      SELECT fence, "grant", worker_id AS "workerId", work_request_id AS "workRequestId"
      FROM attempt WHERE id = ${attemptId} AND ended_at IS NULL`;
    return row && { ...row, grant: grantSchema.parse(row.grant) };
  }

  /** Undefined for an attempt whose request has no repository, or no pinned base yet. */
  async code(tx: Tx, attemptId: string): Promise<AttemptCode | undefined> {
    const [row] = await tx.sql<CodeRow>`
      SELECT w.id AS "workRequestId", t.key AS "taskKey", w.repository_id AS "repositoryId", w.base_commit AS "base",
        w.repository->>'objectFormat' AS "objectFormat", w.repository->'baseBundle'->>'digest' AS "baseBundleDigest"
      FROM attempt a
      JOIN task t ON t.org_id = a.org_id AND t.id = a.task_id
      JOIN work_request w ON w.org_id = a.org_id AND w.id = a.work_request_id
      WHERE a.id = ${attemptId}`;
    if (!row?.repositoryId || !row.base) return undefined;
    const ref = `refs/heads/${taskBranch(row.workRequestId, row.taskKey)}`;
    const { repositoryId, base, objectFormat, baseBundleDigest } = row;
    return { repositoryId, base, objectFormat: objectFormat ?? 'sha1', baseBundleDigest, ref };
  }

  /** Undefined for an attempt whose task is none that prepares. */
  async preparation(tx: Tx, attemptId: string): Promise<AttemptPreparation | undefined> {
    const [row] = await tx.sql<AttemptPreparation>`
      SELECT w.repository_id AS "repositoryId", w.base_ref AS "askedRef"
      FROM attempt a
      JOIN task t ON t.org_id = a.org_id AND t.id = a.task_id
      JOIN work_request w ON w.org_id = a.org_id AND w.id = a.work_request_id
      WHERE a.id = ${attemptId} AND t.role = 'prepare' AND w.repository_id IS NOT NULL`;
    return row;
  }

  /** Digests that an attempt may download: its base, and what tasks of the same request made. */
  async readableBlobs(tx: Tx, attemptId: string): Promise<Set<string>> {
    const rows = await tx.sql<{ digest: string | null }>`
      SELECT w.repository->'baseBundle'->>'digest' AS digest
      FROM attempt a JOIN work_request w ON w.org_id = a.org_id AND w.id = a.work_request_id WHERE a.id = ${attemptId}
      UNION
      SELECT t.commits->>'bundleDigest' FROM attempt a
      JOIN task t ON t.org_id = a.org_id AND t.work_request_id = a.work_request_id WHERE a.id = ${attemptId}`;
    return new Set(rows.flatMap(({ digest }) => digest ?? []));
  }
}
