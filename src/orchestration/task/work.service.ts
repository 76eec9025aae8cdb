import {
  MAX_PLAN_TASKS,
  type Page,
  type SubmitWork,
  type TaskView,
  type WorkEvent,
  type WorkView,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { idOfCursor, pageOf } from '../../platform/http/index.js';
import { attributionOf } from '../../platform/outbox/index.js';
import { LedgerDraft } from './ledger-draft.js';
import { LedgerWriter } from './ledger-writer.store.js';
import { lockRequests, markCancelRequested } from './request.store.js';
import { type Submitted, WorkSubmission } from './submit.service.js';
import { taskNotFound, workRequestNotFound } from './task.errors.js';
import { logRows, taskRows } from './task-query.store.js';
import { taskView } from './task.view.js';
import { WorkFollower } from './work-follower.service.js';
import { eventRows, workCount, workRows, workStatus } from './work-query.store.js';
import { isTerminalWork } from './work-status.rules.js';
import type {
  LogPageQuery,
  SubmitOptions,
  TaskListQuery,
  TaskLogEntry,
  WorkFilter,
  WorkGraph,
  WorkListQuery,
} from './work.types.js';
import { eventView, workView } from './work.view.js';

/** Our own steps come on top of the plan's tasks. */
const MAX_GRAPH_TASKS = MAX_PLAN_TASKS + 2;

const CANCELED = { code: 'task.canceled', message: 'The work request was canceled' };

/** Work requests as their submitters see them. */
@Injectable()
export class WorkService {
  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(WorkSubmission) private readonly submission: WorkSubmission,
    @Inject(WorkFollower) private readonly follower: WorkFollower,
    @Inject(LedgerWriter) private readonly writer: LedgerWriter,
  ) {}

  /** `created` is false when the idempotency key was used before with the same body. */
  submit(ctx: TenantContext, work: SubmitWork, { idempotencyKey }: SubmitOptions = {}): Promise<Submitted> {
    return this.submission.submit(ctx, work, idempotencyKey);
  }

  /** @throws AppError `task.work_request_not_found` */
  get(ctx: TenantContext, workRequestId: string): Promise<WorkView> {
    return this.uow.tenantRead(ctx, (tx) => this.view(tx, workRequestId));
  }

  /** Newest first. */
  list(ctx: TenantContext, { limit, cursor, ...filter }: WorkListQuery): Promise<Page<WorkView>> {
    const beforeId = idOfCursor(cursor, 'workRequest');
    const { orgId } = ctx;
    return this.uow.tenantRead(ctx, async (tx) =>
      pageOf(await workRows(tx, { orgId, limit: limit + 1, beforeId, ...filter }), limit, workView),
    );
  }

  /** Of all pages together. */
  count(ctx: TenantContext, filter: WorkFilter): Promise<number> {
    return this.uow.tenantRead(ctx, (tx) => workCount(tx, { orgId: ctx.orgId, ...filter }));
  }

  /** Idempotent; a request that has ended stays as it is. */
  cancel(ctx: TenantContext, workRequestId: string): Promise<WorkView> {
    return this.uow.tenant(ctx, async (tx) => {
      const [request] = await lockRequests(tx, [{ orgId: ctx.orgId, workRequestId }]);
      if (!request) throw workRequestNotFound(workRequestId);
      if (!request.cancelRequested && !isTerminalWork(request.status)) {
        const draft = new LedgerDraft();
        const canceling = { ...request, cancelRequested: true };
        await markCancelRequested(tx, request);
        draft.work(request, 'work.cancel_requested', { by: ctx.actor.id });
        const type = 'work.cancel_requested';
        draft.feed.push({ orgId: ctx.orgId, type, subject: workRequestId, data: { by: attributionOf(ctx) } });
        await this.writer.halt(tx, [canceling], CANCELED, draft);
        await this.writer.settle(tx, [canceling], draft);
        await this.writer.finish(tx, draft);
      }
      return this.view(tx, workRequestId);
    });
  }

  events(ctx: TenantContext, workRequestId: string, afterSeq: number, limit: number): Promise<WorkEvent[]> {
    const { orgId } = ctx;
    return this.uow.tenantRead(ctx, async (tx) => {
      if ((await workStatus(tx, orgId, workRequestId)) === undefined) throw workRequestNotFound(workRequestId);
      return (await eventRows(tx, { orgId, workRequestId, afterSeq, limit })).map(eventView);
    });
  }

  /** Past and coming events after a number; ends after the request's terminal event or when the signal aborts. */
  follow(
    ctx: TenantContext,
    workRequestId: string,
    afterSeq: number,
    signal: AbortSignal,
  ): AsyncGenerator<WorkEvent, void, undefined> {
    return this.follower.follow(ctx, workRequestId, afterSeq, signal);
  }

  /** In plan order. */
  tasks(ctx: TenantContext, workRequestId: string): Promise<TaskView[]> {
    const { orgId } = ctx;
    return this.uow.tenantRead(ctx, async (tx) => {
      if ((await workStatus(tx, orgId, workRequestId)) === undefined) throw workRequestNotFound(workRequestId);
      return (await taskRows(tx, { orgId, workRequestId, limit: MAX_GRAPH_TASKS, order: 'plan' })).map(taskView);
    });
  }

  /** @throws AppError `task.task_not_found` */
  async task(ctx: TenantContext, taskId: string): Promise<TaskView> {
    const [row] = await this.uow.tenantRead(ctx, (tx) => taskRows(tx, { orgId: ctx.orgId, id: taskId, limit: 1 }));
    if (!row) throw taskNotFound(taskId);
    return taskView(row);
  }

  /** Newest first. */
  listTasks(ctx: TenantContext, { limit, cursor, ...filter }: TaskListQuery): Promise<Page<TaskView>> {
    const beforeId = idOfCursor(cursor, 'task');
    const query = { orgId: ctx.orgId, limit: limit + 1, beforeId, ...filter };
    return this.uow.tenantRead(ctx, async (tx) => pageOf(await taskRows(tx, query), limit, taskView));
  }

  /** In the order in which it was written; the cursor is `<attempt>-<worker sequence>` of the last line. */
  async log(ctx: TenantContext, taskId: string, { limit, cursor }: LogPageQuery): Promise<Page<TaskLogEntry>> {
    const [attempt = 0, afterSeq = 0] = (cursor ?? '0-0').split('-').map(Number);
    const rows = await this.uow.tenantRead(ctx, async (tx) => {
      const found = await taskRows(tx, { orgId: ctx.orgId, id: taskId, limit: 1 });
      if (found.length === 0) throw taskNotFound(taskId);
      return logRows(tx, { orgId: ctx.orgId, taskId, attempt, afterSeq, limit: limit + 1 });
    });
    const items = rows.slice(0, limit).map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last ? `${last.attempt}-${last.seq}` : null };
  }

  async graph(ctx: TenantContext, workRequestId: string): Promise<WorkGraph> {
    const tasks = await this.tasks(ctx, workRequestId);
    return {
      nodes: tasks.map(({ id, key, role, kind, title, status, phase, workerId }) => ({
        ...{ id, key, role, kind, title, status, phase, workerId },
      })),
      edges: tasks.flatMap(({ key, dependsOn }) => dependsOn.map((from) => ({ from, to: key }))),
    };
  }

  private async view(tx: TenantTx, workRequestId: string): Promise<WorkView> {
    const [row] = await workRows(tx, { orgId: tx.orgId, id: workRequestId, limit: 1 });
    if (!row) throw workRequestNotFound(workRequestId);
    return workView(row);
  }
}
