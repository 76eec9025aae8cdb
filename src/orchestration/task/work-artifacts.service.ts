import type { ArtifactQuery, ArtifactView, Page } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { BlobStore } from '../../platform/blob/index.js';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { type Download, idOfCursor, pageOf } from '../../platform/http/index.js';
import { artifactRows, firstArtifacts } from './artifact-query.store.js';
import { artifactView } from './artifact.view.js';
import { artifactGone, artifactNotFound, taskNotFound, workRequestNotFound } from './task.errors.js';
import { Readings } from './readings.service.js';
import { taskRows } from './task-query.store.js';
import { workStatus } from './work-query.store.js';

/** Shown with a request itself; all of them are in its list. */
const MAX_SHOWN = 100;

/** What attempts left behind: bundles of commits, transcripts of agents. */
@Injectable()
export class WorkArtifacts {
  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Readings) private readonly readings: Readings,
  ) {}

  /** Newest first. @throws AppError `task.work_request_not_found` */
  ofRequest(ctx: TenantContext, workRequestId: string, query: ArtifactQuery): Promise<Page<ArtifactView>> {
    return this.page(ctx, { workRequestId }, query, async (tx) => {
      if ((await workStatus(tx, ctx.orgId, workRequestId)) === undefined) throw workRequestNotFound(workRequestId);
    });
  }

  /** Newest first. @throws AppError `task.task_not_found` */
  ofTask(ctx: TenantContext, taskId: string, query: ArtifactQuery): Promise<Page<ArtifactView>> {
    return this.page(ctx, { taskId }, query, async (tx) => {
      const found = await taskRows(tx, { orgId: ctx.orgId, id: taskId, limit: 1 });
      if (found.length === 0) throw taskNotFound(taskId);
    });
  }

  /** The first hundred of each request, by its id, oldest first. */
  async first(ctx: TenantContext, workRequestIds: readonly string[]): Promise<Map<string, ArtifactView[]>> {
    if (workRequestIds.length === 0) return new Map();
    const query = { orgId: ctx.orgId, workRequestIds, perRequest: MAX_SHOWN };
    const rows = await this.uow.tenantRead(ctx, (tx) => firstArtifacts(tx, query));
    return Map.groupBy(rows.map(artifactView), ({ workRequestId }) => workRequestId);
  }

  /** @throws AppError `task.artifact_not_found` */
  async get(ctx: TenantContext, id: string): Promise<ArtifactView> {
    const [row] = await this.uow.tenantRead(ctx, (tx) => artifactRows(tx, { orgId: ctx.orgId, id, limit: 1 }));
    if (!row) throw artifactNotFound(id);
    return artifactView(row);
  }

  /** @throws AppError `task.artifact_not_found`, `task.artifact_gone` */
  async content(ctx: TenantContext, id: string): Promise<Download> {
    const { name, mediaType, digest, kind, workRequestId } = await this.get(ctx, id);
    const address = { orgId: ctx.orgId, digest };
    const stored = await this.blobs.stat(address);
    if (!stored) throw artifactGone(id);
    await this.readings.note(ctx, { subject: id, kind, digest, workRequestId });
    const open: Download['open'] = async (range) => (await this.blobs.get(address, range)).stream;
    return { fileName: name, mediaType, digest, bytes: stored.bytes, open };
  }

  private page(
    ctx: TenantContext,
    of: { workRequestId: string } | { taskId: string },
    { limit, cursor, kind }: ArtifactQuery,
    assertThere: (tx: TenantTx) => Promise<void>,
  ): Promise<Page<ArtifactView>> {
    const beforeId = idOfCursor(cursor, 'artifact');
    return this.uow.tenantRead(ctx, async (tx) => {
      await assertThere(tx);
      const rows = await artifactRows(tx, { orgId: ctx.orgId, ...of, kind, beforeId, limit: limit + 1 });
      return pageOf(rows, limit, artifactView);
    });
  }
}
