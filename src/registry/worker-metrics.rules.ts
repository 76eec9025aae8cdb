import type { FeedEvent } from '../platform/outbox/index.js';

/** What a batch of events adds to a machine's counters. Micros of USD, milliseconds. */
export interface MetricsDelta {
  readonly workerId: string;
  readonly completed: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly costMicros: number;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Attempts that were canceled or rejected say nothing about a machine's reliability. */
function deltaOf({ type, data }: Pick<FeedEvent, 'type' | 'data'>): MetricsDelta | undefined {
  const workerId = data['workerId'];
  if (typeof workerId !== 'string') return undefined;
  const none = { workerId, completed: 0, failed: 0, durationMs: 0, costMicros: 0 };
  if (type === 'cost.recorded') return { ...none, costMicros: numberOf(data['costMicros']) };
  const completed = data['status'] === 'completed';
  const failed = data['status'] === 'failed' || data['status'] === 'lost';
  if (!completed && !failed) return undefined;
  return { ...none, completed: Number(completed), failed: Number(failed), durationMs: numberOf(data['durationMs']) };
}

function plus(a: MetricsDelta, b: MetricsDelta): MetricsDelta {
  return {
    workerId: a.workerId,
    completed: a.completed + b.completed,
    failed: a.failed + b.failed,
    durationMs: a.durationMs + b.durationMs,
    costMicros: a.costMicros + b.costMicros,
  };
}

/** One row per machine, in id order. */
export function sumMetrics(events: readonly Pick<FeedEvent, 'type' | 'data'>[]): MetricsDelta[] {
  const sums = new Map<string, MetricsDelta>();
  for (const event of events) {
    const delta = deltaOf(event);
    if (delta === undefined) continue;
    const sum = sums.get(delta.workerId);
    sums.set(delta.workerId, sum ? plus(sum, delta) : delta);
  }
  return [...sums.values()].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
}
