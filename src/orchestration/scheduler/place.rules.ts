import type { Reason } from '@coorchat/contracts';
import { preferredForPrepare } from './clone.rules.js';
import { unmetNeeds } from './needs.rules.js';
import { rank } from './rank.rules.js';
import type { PlaceableMachine, PlaceableTask, PlacedTask, PlacementDecision } from './placement.types.js';
import { NO_LIMITS, Room, type RunningNow } from './room.rules.js';
import { skillStop } from './skill-stop.rules.js';
import { explainWaiting } from './waiting.rules.js';

type Taken = Map<string, Set<number>>;

function lowestFreeSlot(machine: PlaceableMachine, taken: ReadonlySet<number>): number | undefined {
  for (let slot = 0; slot < machine.maxConcurrent; slot++) if (!taken.has(slot)) return slot;
  return undefined;
}

function takesWork(machine: PlaceableMachine): boolean {
  return machine.connected && !machine.paused && !machine.draining;
}

/** Machines that failed the task before are left out while another one would do. */
function withoutAvoided(task: PlaceableTask, suitable: readonly PlaceableMachine[]): readonly PlaceableMachine[] {
  const others = suitable.filter((machine) => !task.avoidWorkers.includes(machine.workerId));
  return others.some(takesWork) ? others : suitable;
}

/** `the only machine with label gpu`, when exactly one machine meets the needs and others lack something. */
function uniqueness(
  task: PlaceableTask,
  machines: readonly PlaceableMachine[],
  suitable: readonly PlaceableMachine[],
): string[] {
  if (suitable.length !== 1 || machines.length === 1) return [];
  const others = machines.filter((machine) => machine !== suitable[0]);
  const lacks = new Set(others.flatMap((machine) => unmetNeeds(task, machine).map(({ need }) => need)));
  return [`the only machine with ${[...lacks].join(' and ')}`];
}

function choose(task: PlaceableTask, candidates: readonly PlaceableMachine[], taken: Taken): PlacedTask | undefined {
  const options = candidates.flatMap((machine) => {
    const slots = taken.get(machine.workerId) ?? new Set();
    const slot = takesWork(machine) ? lowestFreeSlot(machine, slots) : undefined;
    return slot === undefined ? [] : [{ machine, slot, ...rank(task, machine, slots.size) }];
  });
  options.sort((a, b) => b.score - a.score || a.machine.workerId.localeCompare(b.machine.workerId));
  const [best] = options;
  if (!best) return undefined;
  const { machine, slot, score, reasons } = best;
  return { taskId: task.taskId, workerId: machine.workerId, workerName: machine.name, slot, score, reasons };
}

function waitingReason(
  task: PlaceableTask,
  machines: readonly PlaceableMachine[],
  { suitable, candidates }: Record<'suitable' | 'candidates', readonly PlaceableMachine[]>,
): Reason {
  return explainWaiting(task, machines, candidates.some(takesWork) ? candidates : suitable);
}

/**
 * Which ready task runs where. Tasks are taken in the order given, which the caller made fair.
 * A task whose skill submitter or cluster do not allow, and one for which a cluster or an organization has no room, is
 * not placed; a machine that lacks a hard need is never chosen. A task without a machine hears why.
 */
export function place(
  tasks: readonly PlaceableTask[],
  roster: readonly PlaceableMachine[],
  running: RunningNow = NO_LIMITS,
): PlacementDecision {
  const machines = [...roster].sort((a, b) => a.workerId.localeCompare(b.workerId));
  const taken: Taken = new Map(machines.map((machine) => [machine.workerId, new Set(machine.takenSlots)]));
  const room = new Room(running);
  const decide = (task: PlaceableTask): Reason | PlacedTask => {
    const stop = skillStop(task);
    if (stop) return stop;
    const suitable = machines.filter((machine) => unmetNeeds(task, machine).length === 0);
    const candidates = preferredForPrepare(task, withoutAvoided(task, suitable), takesWork);
    const chosen = choose(task, candidates, taken);
    if (!chosen) return waitingReason(task, machines, { suitable, candidates });
    const lack = room.lack(task);
    if (lack) return lack;
    room.take(task);
    taken.get(chosen.workerId)?.add(chosen.slot);
    return { ...chosen, reasons: [...uniqueness(task, machines, suitable), ...chosen.reasons] };
  };
  const decision: PlacementDecision = { placed: [], waiting: [] };
  for (const task of tasks) {
    const decided = decide(task);
    if ('slot' in decided) decision.placed.push(decided);
    else decision.waiting.push({ taskId: task.taskId, reason: decided });
  }
  return decision;
}
