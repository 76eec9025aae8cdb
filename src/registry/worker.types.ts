import type { LocalRepository, Toolchain, WorkerLoad } from '@coorchat/contracts';
import type { CardJson } from './worker-card.rules.js';

/** A worker as the registry stores it. Money in micros of USD, durations in milliseconds. */
export interface StoredWorker {
  readonly orgId: string;
  readonly id: string;
  readonly clusterId: string;
  readonly poolId: string;
  readonly name: string;
  /** Null until it connected once; then every fact below is known. */
  readonly card: CardJson | null;
  readonly platform: string | null;
  readonly architecture: string | null;
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
  readonly diskFreeMb: number | null;
  readonly gpu: string | null;
  readonly labels: string[];
  readonly toolchains: Toolchain[];
  readonly repositories: LocalRepository[];
  readonly skills: string[];
  readonly grantedSkills: string[];
  readonly features: string[];
  readonly version: string | null;
  readonly sandbox: string;
  readonly road: string;
  readonly maxConcurrent: number;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly sessionHolder: string | null;
  readonly secondSessionAt: Date | null;
  readonly connectedAt: Date | null;
  readonly lastHeartbeatAt: Date | null;
  readonly load: WorkerLoad | null;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
  readonly totalDurationMs: number;
  readonly totalCostMicros: number;
  readonly createdAt: Date;
}

export type Road = 'tunnel' | 'https';
