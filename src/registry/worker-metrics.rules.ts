import type { FeedEvent } from '../platform/outbox/index.js';

/** What a batch of events adds to a machine's counters. Micros of USD, milliseconds. */
export interface MetricsDelta {
  readonly workerId: string;
  /** Organization that owns the machine. */
  readonly orgId: string;
  readonly completed: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly costMicros: number;
}

type WorkEvent = Pick<FeedEvent, 'type' | 'orgId' | 'data'>;

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Attempts that were canceled or rejected say nothing about a machine's reliability. */
function deltaOf({ type, orgId, data }: WorkEvent): MetricsDelta | undefined {
  const { workerId, providerOrgId } = data;
  if (typeof workerId !== 'string') return undefined;
  const owner = typeof providerOrgId === 'string' ? providerOrgId : orgId;
  const none = { workerId, orgId: owner, completed: 0, failed: 0, durationMs: 0, costMicros: 0 };
  if (type === 'cost.recorded') return { ...none, costMicros: numberOf(data['costMicros']) };
  const completed = data['status'] === 'completed';
  const failed = data['status'] === 'failed' || data['status'] === 'lost';
  if (!completed && !failed) return undefined;
  return { ...none, completed: Number(completed), failed: Number(failed), durationMs: numberOf(data['durationMs']) };
}

function plus(a: MetricsDelta, b: MetricsDelta): MetricsDelta {
  return {
    ...a,
    completed: a.completed + b.completed,
    failed: a.failed + b.failed,
    durationMs: a.durationMs + b.durationMs,
    costMicros: a.costMicros + b.costMicros,
  };
}

/** One row per machine, in id order. */
export function sumMetrics(events: readonly WorkEvent[]): MetricsDelta[] {
  const sums = new Map<string, MetricsDelta>();
  for (const event of events) {
    const delta = deltaOf(event);
    if (delta === undefined) continue;
    const machine = `${delta.workerId} ${delta.orgId}`;
    const sum = sums.get(machine);
    sums.set(machine, sum ? plus(sum, delta) : delta);
  }
  return [...sums.values()].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
}
