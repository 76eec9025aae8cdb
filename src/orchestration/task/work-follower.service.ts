import { setTimeout as delay } from 'node:timers/promises';
import type { WorkEvent } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { Broadcast } from '../../platform/queue/index.js';
import { workRequestNotFound } from './task.errors.js';
import { isTerminalWork } from './work-status.rules.js';
import { eventView } from './work.view.js';
import { eventRows, workStatus } from './work-query.store.js';

const BATCH = 200;
/** Broadcasts are hints: who missed one finds out by looking. */
const POLL_MS = 5_000;

const TERMINAL_EVENTS: ReadonlySet<string> = new Set(['work.completed', 'work.failed', 'work.canceled']);

/** Live histories out of the committed events, so that any process can serve them. */
@Injectable()
export class WorkFollower implements OnModuleInit, OnModuleDestroy {
  private readonly waiting = new Map<string, Set<() => void>>();
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.broadcast.subscribe('work.events', ({ workRequestId }) => this.wake(workRequestId));
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
    for (const workRequestId of this.waiting.keys()) this.wake(workRequestId);
  }

  /** @throws AppError `task.work_request_not_found` */
  async *follow(
    ctx: TenantContext,
    workRequestId: string,
    afterSeq: number,
    signal: AbortSignal,
  ): AsyncGenerator<WorkEvent, void, undefined> {
    let seq = afterSeq;
    while (!signal.aborted) {
      const rung = this.listen(workRequestId);
      try {
        const { events, ended } = await this.read(ctx, workRequestId, seq);
        for (const event of events) {
          yield event;
          if (TERMINAL_EVENTS.has(event.type) || signal.aborted) return;
          seq = event.seq;
        }
        if (events.length === 0 && ended) return;
        if (events.length < BATCH) await rung.wait(signal);
      } finally {
        rung.stop();
      }
    }
  }

  private read(ctx: TenantContext, workRequestId: string, afterSeq: number) {
    const { orgId } = ctx;
    return this.uow.tenantRead(ctx, async (tx) => {
      const [status, rows] = await Promise.all([
        workStatus(tx, orgId, workRequestId),
        eventRows(tx, { orgId, workRequestId, afterSeq, limit: BATCH }),
      ]);
      if (status === undefined) throw workRequestNotFound(workRequestId);
      return { events: rows.map(eventView), ended: isTerminalWork(status) };
    });
  }

  /** Listens from now on, so that what is committed while we read is not missed. */
  private listen(workRequestId: string) {
    const rung = new AbortController();
    const ring = () => rung.abort();
    const set = this.waiting.get(workRequestId) ?? new Set();
    this.waiting.set(workRequestId, set.add(ring));
    return {
      wait: async (signal: AbortSignal) => {
        const either = AbortSignal.any([rung.signal, signal]);
        await delay(POLL_MS, undefined, { signal: either }).catch(() => undefined);
      },
      stop: () => {
        set.delete(ring);
        if (set.size === 0) this.waiting.delete(workRequestId);
      },
    };
  }

  private wake(workRequestId: string): void {
    for (const ring of [...(this.waiting.get(workRequestId) ?? [])]) ring();
  }
}
