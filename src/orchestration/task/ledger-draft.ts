import type { Reason, WorkEventType, WorkStatus } from '@coorchat/contracts';
import type { RequestChange } from './event.store.js';
import type { EventDraft } from './ledger.types.js';
import type { FeedEntry, LedgerNews, WorkJob } from './ledger-news.port.js';
import type { RequestKey } from './request.store.js';
import type { TouchedTask } from './task-graph.store.js';

/** Collects, during one transaction, what is appended to histories and told to others at its end. */
export class LedgerDraft implements LedgerNews {
  readonly events: EventDraft[] = [];
  readonly requestChanges: RequestChange[] = [];
  readonly feed: FeedEntry[] = [];
  readonly pools = new Set<string>();
  readonly laterPools = new Map<string, number>();
  readonly dispatchPools = new Set<string>();
  readonly jobs: WorkJob[] = [];

  get followed(): RequestKey[] {
    return [
      ...new Map(this.events.map(({ orgId, workRequestId }) => [workRequestId, { orgId, workRequestId }])).values(),
    ];
  }

  work(request: RequestKey, type: WorkEventType, data: Record<string, unknown> = {}): void {
    const { orgId, workRequestId } = request;
    this.events.push({ orgId, workRequestId, type, taskId: null, data });
  }

  tasks(type: WorkEventType, tasks: readonly TouchedTask[], data: Record<string, unknown> = {}): void {
    for (const { orgId, workRequestId, taskId, key } of tasks)
      this.events.push({ orgId, workRequestId, type, taskId, data: { key, ...data } });
  }

  planned(
    { orgId, workRequestId }: RequestKey,
    data: { source: string; model: string | null; taskCount: number },
  ): void {
    this.work({ orgId, workRequestId }, 'work.planned', data);
    this.feed.push({ orgId, type: 'work.planned', subject: workRequestId, data });
  }

  /** A request that goes on: planning, executing. */
  becomes({ orgId, workRequestId }: RequestKey, status: WorkStatus): void {
    this.requestChanges.push({ orgId, workRequestId, status });
  }

  /** A request that ends: its last event, its entry in the feed. */
  ends({ orgId, workRequestId }: RequestKey, status: 'completed' | 'failed' | 'canceled', error?: Reason): void {
    const data = error === undefined ? {} : { error };
    this.requestChanges.push({ orgId, workRequestId, status, ...(error && { error }) });
    this.work({ orgId, workRequestId }, `work.${status}`, data);
    this.feed.push({ orgId, type: `work.${status}`, subject: workRequestId, data });
  }

  job(name: WorkJob['name'], { orgId, workRequestId }: RequestKey): void {
    this.jobs.push({ name, orgId, workRequestId });
  }

  /** Rings the pool after a while; the earliest wish counts. */
  later(poolId: string, delayMs: number): void {
    this.laterPools.set(poolId, Math.min(delayMs, this.laterPools.get(poolId) ?? delayMs));
  }
}
