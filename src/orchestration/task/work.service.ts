import type { Page, SubmitWork, TaskView, WorkEvent, WorkView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SubmitOptions, WorkListQuery } from './work.types.js';

/** Work requests as their submitters see them. */
@Injectable()
export class WorkService {
  /** `created` is false when the idempotency key was used before with the same body. */
  submit(
    _ctx: TenantContext,
    _work: SubmitWork,
    _options: SubmitOptions = {},
  ): Promise<{ view: WorkView; created: boolean }> {
    throw new Error('unfinished');
  }

  get(_ctx: TenantContext, _workRequestId: string): Promise<WorkView> {
    throw new Error('unfinished');
  }

  /** Newest first. */
  list(_ctx: TenantContext, _query: WorkListQuery): Promise<Page<WorkView>> {
    throw new Error('unfinished');
  }

  /** Idempotent; a request that has ended stays as it is. */
  cancel(_ctx: TenantContext, _workRequestId: string): Promise<WorkView> {
    throw new Error('unfinished');
  }

  events(_ctx: TenantContext, _workRequestId: string, _afterSeq: number, _limit: number): Promise<WorkEvent[]> {
    throw new Error('unfinished');
  }

  /** Past and coming events after a number; ends after the request's terminal event or when the signal aborts. */
  follow(
    _ctx: TenantContext,
    _workRequestId: string,
    _afterSeq: number,
    _signal: AbortSignal,
  ): AsyncGenerator<WorkEvent, void, undefined> {
    throw new Error('unfinished');
  }

  /** In plan order. */
  tasks(_ctx: TenantContext, _workRequestId: string): Promise<TaskView[]> {
    throw new Error('unfinished');
  }

  task(_ctx: TenantContext, _taskId: string): Promise<TaskView> {
    throw new Error('unfinished');
  }
}
