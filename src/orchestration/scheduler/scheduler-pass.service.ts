import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { type Tx, UnitOfWork } from '../../platform/db/index.js';
import { PoolRoster, type RosterMachine } from '../../registry/index.js';
import {
  Admission,
  type AdmissionDecision,
  type NewAttempt,
  type ReadyTask,
  SchedulingLedger,
  type TakenSlot,
  type WaitingRow,
} from '../task/index.js';
import { grantOf } from './grant.rules.js';
import { place } from './place.rules.js';
import type { PlaceableMachine, PlacedTask } from './placement.types.js';
import { RunningNowReader } from './running-now.reader.js';

const MAX_WINDOW = 256;
const MAX_WINDOWS = 8;
/** Tasks beyond the free slots that hear in each pass why they wait: the next ones in line. */
const LOOK_AHEAD = 16;

interface Pass {
  readonly poolId: string;
  readonly machines: Map<string, PlaceableMachine & { readonly orgId: string }>;
  readonly seen: string[];
}

function withTakenSlots(machines: readonly RosterMachine[], taken: readonly TakenSlot[]) {
  const slots = new Map<string, Set<number>>();
  for (const { workerId, slot } of taken) slots.set(workerId, (slots.get(workerId) ?? new Set()).add(slot));
  return new Map(
    machines.map((machine) => [
      machine.workerId,
      { ...machine, takenSlots: slots.get(machine.workerId) ?? new Set<number>() },
    ]),
  );
}

function freeSlots(machines: Iterable<PlaceableMachine>): number {
  let free = 0;
  for (const { connected, paused, draining, maxConcurrent, takenSlots } of machines) {
    if (connected && !paused && !draining) free += Math.max(0, maxConcurrent - takenSlots.size);
  }
  return free;
}

/** One look at all that waits in a pool: whatever can run is assigned, the rest hears why not. */
@Injectable()
export class SchedulerPass {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: SchedulingLedger,
    private readonly roster: PoolRoster,
    private readonly admission: Admission,
    private readonly running: RunningNowReader,
    private readonly config: AppConfig,
  ) {}

  /** Number of attempts that were assigned. */
  run(poolId: string): Promise<number> {
    return this.uow.scheduler(async (tx) => {
      // One round trip: statements run in this order, so what is read is read under the lock.
      const [, taken, machines] = await Promise.all([
        this.ledger.lockPool(tx, poolId),
        this.ledger.liveSlots(tx, poolId),
        this.roster.load(tx, poolId),
      ]);
      const pass: Pass = { poolId, machines: withTakenSlots(machines, taken), seen: [] };
      let assigned = 0;
      for (let window = 1; window <= MAX_WINDOWS; window++) {
        const limit = Math.min(MAX_WINDOW, freeSlots(pass.machines.values()) + LOOK_AHEAD);
        const tasks = await this.ledger.takeReady(tx, poolId, { limit, exclude: pass.seen });
        if (tasks.length > 0) assigned += await this.#window(tx, pass, tasks);
        if (tasks.length < limit || freeSlots(pass.machines.values()) === 0) break;
        pass.seen.push(...tasks.map(({ taskId }) => taskId));
      }
      return assigned;
    });
  }

  async #window(tx: Tx, pass: Pass, tasks: readonly ReadyTask[]): Promise<number> {
    const admissions = await this.admission.admit(tx, tasks);
    const admitted = tasks.filter(({ taskId }) => admissions.get(taskId)?.admitted);
    const running = await this.running.read(tx, pass.poolId, admitted);
    const decision = place(admitted, [...pass.machines.values()], running);
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    const attempts = decision.placed.flatMap((placed) => {
      const task = byId.get(placed.taskId);
      const admission = admissions.get(placed.taskId);
      return task && admission?.admitted ? [this.#attempt(pass, task, placed, admission.budgetMicros)] : [];
    });
    const written = await this.ledger.assign(tx, attempts);
    for (const { workerId, slot } of written) this.#take(pass, workerId, slot);
    await this.ledger.markWaiting(tx, this.#waiting(tasks, decision.waiting, admissions));
    return written.length;
  }

  #take(pass: Pass, workerId: string, slot: number): void {
    const machine = pass.machines.get(workerId);
    if (machine) pass.machines.set(workerId, { ...machine, takenSlots: new Set([...machine.takenSlots, slot]) });
  }

  #attempt(pass: Pass, task: ReadyTask, placed: PlacedTask, budgetMicros: number): NewAttempt {
    const { workerId, workerName, slot, score, reasons } = placed;
    const providerOrgId = pass.machines.get(workerId)?.orgId ?? task.orgId;
    const id = newId('attempt');
    const fence = task.lastAttempt + 1;
    const grant = grantOf(task, { attemptId: id, fence, workerId, providerOrgId, budgetMicros, now: new Date() });
    return {
      id,
      orgId: task.orgId,
      taskId: task.taskId,
      workRequestId: task.workRequestId,
      clusterId: task.clusterId,
      skill: task.skill,
      neededSkill: task.neededSkill,
      poolId: pass.poolId,
      fence,
      providerOrgId,
      workerId,
      slot,
      leaseMs: this.config.leaseMs,
      grant,
      placement: { workerId, workerName, reasons, score },
    };
  }

  #waiting(
    tasks: readonly ReadyTask[],
    unplaced: readonly { readonly taskId: string; readonly reason: WaitingRow['reason'] }[],
    admissions: ReadonlyMap<string, AdmissionDecision>,
  ): WaitingRow[] {
    const reasons = new Map(unplaced.map(({ taskId, reason }) => [taskId, reason]));
    return tasks.flatMap(({ orgId, taskId }) => {
      const admission = admissions.get(taskId);
      const reason = admission?.admitted === false ? admission.reason : reasons.get(taskId);
      return reason ? [{ orgId, taskId, reason }] : [];
    });
  }
}
