import type { Cloning, Needs, Reason, ToolCall } from '@coorchat/contracts';

/** What placement reads of a ready task. */
export interface PlaceableTask {
  readonly taskId: string;
  readonly orgId: string;
  readonly clusterId: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  /** What the machine must offer. */
  readonly skill: string | null;
  /** What submitter, cluster and machine must all allow; `*` when it names no skill, null when it needs none. */
  readonly neededSkill: string | null;
  readonly submitterSkills: readonly string[];
  readonly policy: { readonly skills: readonly string[]; readonly maxConcurrentTasks: number | null };
  readonly needs: Needs;
  readonly tool: ToolCall | null;
  /** `baseBundle`: a machine without a clone can obtain the base from the control plane. */
  readonly repository: { readonly identity: string; readonly baseBundle: boolean } | null;
  /** Machines that failed it before: taken only when nothing else would do. */
  readonly avoidWorkers: readonly string[];
  /** Machines that made the commits it builds on. */
  readonly upstreamWorkers: readonly string[];
}

/** What placement reads of a machine. */
export interface PlaceableMachine {
  readonly workerId: string;
  readonly name: string;
  readonly facts: {
    readonly platform: string;
    readonly architecture: string;
    readonly cpuCores: number;
    readonly memoryMb: number;
    readonly gpu: string | null;
    readonly labels: readonly string[];
    readonly toolchains: readonly { readonly name: string; readonly version: string }[];
    /** `url` is the identity of the repository. */
    readonly repositories: readonly { readonly url: string; readonly shallow: boolean }[];
  };
  readonly skills: readonly string[];
  readonly grantedSkills: readonly string[];
  readonly mcpServers: readonly string[];
  readonly cloning: Cloning;
  readonly sandbox: string;
  readonly trustClass: string;
  readonly maxConcurrent: number;
  readonly connected: boolean;
  readonly paused: boolean;
  readonly draining: boolean;
  /** Slots that live attempts hold. */
  readonly takenSlots: ReadonlySet<number>;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
}

/** A hard need that a machine lacks, in words: `toolchain go >=1.22`. */
export interface UnmetNeed {
  readonly need: string;
  /** What the machine has instead, or null when it has nothing of the kind. */
  readonly has: string | null;
}

export interface PlacedTask {
  readonly taskId: string;
  readonly workerId: string;
  readonly workerName: string;
  readonly slot: number;
  readonly score: number;
  readonly reasons: string[];
}

export interface WaitingTask {
  readonly taskId: string;
  readonly reason: Reason;
}

export interface PlacementDecision {
  readonly placed: PlacedTask[];
  readonly waiting: WaitingTask[];
}
