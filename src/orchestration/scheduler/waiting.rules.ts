import type { Reason } from '@coorchat/contracts';
import { lacksOnlyGrant, unmetNeeds } from './needs.rules.js';
import type { PlaceableMachine, PlaceableTask, UnmetNeed } from './placement.types.js';
import { wordsFor } from './skill-stop.rules.js';

const MAX_NAMED = 5;

function names(machines: readonly PlaceableMachine[]): string {
  const shown = machines.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = machines.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function reason(code: string, message: string, machines: readonly PlaceableMachine[]): Reason {
  return { code, message, details: { machines: machines.slice(0, MAX_NAMED).map(({ workerId }) => workerId) } };
}

function describe({ need, has }: UnmetNeed): string {
  return has === null ? need : `${need} (it has ${has})`;
}

function nearest(task: PlaceableTask, machines: readonly PlaceableMachine[]): Reason {
  const [first] = machines
    .map((machine) => ({ machine, unmet: unmetNeeds(task, machine) }))
    .sort((a, b) => a.unmet.length - b.unmet.length || a.machine.workerId.localeCompare(b.machine.workerId));
  if (!first) {
    return reason('scheduler.no_workers', 'No worker is enrolled yet: enrol a machine with coorchat-worker.', []);
  }
  const lacks = first.unmet.map(describe).join('; ');
  return reason(
    'scheduler.no_machine',
    `No machine meets this task's needs. The nearest, ${first.machine.name}, lacks: ${lacks}.`,
    [first.machine],
  );
}

/** Machines that would do if their owner granted them the skill. */
function ungranted(task: PlaceableTask, machines: readonly PlaceableMachine[]): Reason | undefined {
  const able = machines.filter((machine) => lacksOnlyGrant(task, machine));
  if (able.length === 0) return undefined;
  const message = `${names(able)} would do, but may not be given ${wordsFor(task.neededSkill)}: grant it (PATCH /v1/workers/{id}, skills).`;
  return reason('scheduler.skill_not_granted', message, able);
}

/** Whoever waits for a repository to be prepared sees machines online, and wonders why none of them does it. */
function othersOnline(task: PlaceableTask, machines: readonly PlaceableMachine[]): string {
  const online = machines.filter(({ connected }) => connected).slice(0, MAX_NAMED);
  if (task.role !== 'prepare' || online.length === 0) return '';
  const lacks = online.map((machine) => `${machine.name} lacks ${unmetNeeds(task, machine).map(describe).join('; ')}`);
  return ` Of those online, ${lacks.join('. ')}.`;
}

/** Why a task has no machine now, and which machines would do. `suitable` meet every hard need. */
export function explainWaiting(
  task: PlaceableTask,
  machines: readonly PlaceableMachine[],
  suitable: readonly PlaceableMachine[],
): Reason {
  if (suitable.length === 0) return ungranted(task, machines) ?? nearest(task, machines);
  const connected = suitable.filter((machine) => machine.connected);
  const taking = connected.filter((machine) => !machine.paused && !machine.draining);
  if (taking.length > 0) {
    return reason('scheduler.machines_busy', `Waiting for a free slot on ${names(taking)}.`, taking);
  }
  if (connected.length > 0) {
    return reason('scheduler.machines_paused', `${names(connected)} would do: resume it, or wait.`, connected);
  }
  const others = othersOnline(task, machines);
  const message = `${names(suitable)} would do, but is offline: start it.${others}`;
  return reason('scheduler.machines_offline', message, suitable);
}
