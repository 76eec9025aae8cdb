import { type MachineFacts, machineFactsSchema, type WorkerStatus, type WorkerView } from '@coorchat/contracts';
import { machineFactsOf } from '@coorchat/a2a';
import { microsToUsd } from '@coorchat/kernel';
import { statusOf } from './worker-status.rules.js';
import type { CardJson } from './worker-card.rules.js';
import type { StoredWorker } from './worker.types.js';

export interface ViewClock {
  readonly now: Date;
  readonly heartbeatIntervalMs: number;
}

export interface CatalogEntry {
  readonly workerId: string;
  readonly status: WorkerStatus;
  readonly card: CardJson;
}

/** Facts that stand in the card alone. */
function cardFactsOf(card: CardJson | null): Pick<MachineFacts, 'mcpServers' | 'keyStore'> {
  const facts = card && machineFactsOf(card as unknown as Parameters<typeof machineFactsOf>[0]);
  return { mcpServers: facts?.mcpServers ?? [], ...(facts?.keyStore && { keyStore: facts.keyStore }) };
}

function factsOf(worker: StoredWorker): MachineFacts | null {
  const parsed = machineFactsSchema.safeParse({ ...worker, ...cardFactsOf(worker.card) });
  return parsed.success ? parsed.data : null;
}

function statusNow(worker: StoredWorker, clock: ViewClock): WorkerStatus {
  const running = worker.load?.running ?? 0;
  return statusOf({ ...worker, running }, clock.now, clock.heartbeatIntervalMs);
}

function metricsOf({
  tasksCompleted,
  tasksFailed,
  totalDurationMs,
  totalCostMicros,
}: StoredWorker): WorkerView['metrics'] {
  const tasks = tasksCompleted + tasksFailed;
  const avgDurationMs = tasks === 0 ? null : Math.round(totalDurationMs / tasks);
  return { tasksCompleted, tasksFailed, avgDurationMs, totalCostUsd: microsToUsd(totalCostMicros) };
}

export function workerView(worker: StoredWorker, clock: ViewClock): WorkerView {
  const status = statusNow(worker, clock);
  return {
    id: worker.id,
    clusterId: worker.clusterId,
    name: worker.name,
    status,
    paused: worker.paused,
    draining: worker.draining,
    road: worker.road === 'https' ? 'https' : 'tunnel',
    facts: factsOf(worker),
    skills: worker.skills,
    grantedSkills: worker.grantedSkills,
    secondSessionAt: worker.secondSessionAt?.toISOString() ?? null,
    version: worker.version,
    load: worker.load,
    runningTasks: status === 'offline' ? 0 : (worker.load?.running ?? 0),
    metrics: metricsOf(worker),
    connectedAt: worker.connectedAt?.toISOString() ?? null,
    lastHeartbeatAt: worker.lastHeartbeatAt?.toISOString() ?? null,
    createdAt: worker.createdAt.toISOString(),
  };
}

export function catalogEntry(worker: StoredWorker, clock: ViewClock): CatalogEntry {
  return { workerId: worker.id, status: statusNow(worker, clock), card: worker.card ?? {} };
}
