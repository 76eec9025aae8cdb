import type { PlaceableMachine, PlaceableTask, UnmetNeed } from './placement.types.js';

export type CloneState = 'whole' | 'shallow' | 'none';

/** A lent machine shows its owner's clones to nobody else. */
export function cloneOn({ facts, trustClass }: PlaceableMachine, identity: string): CloneState {
  const clone = trustClass === 'own' ? facts.repositories.find(({ url }) => url === identity) : undefined;
  if (!clone) return 'none';
  return clone.shallow ? 'shallow' : 'whole';
}

/** Whether the worker itself may obtain the repository from its remote; folders are for the owner's work alone. */
export function mayClone({ cloning, trustClass }: PlaceableMachine, identity: string): boolean {
  if (identity.startsWith('file:')) return cloning === 'hosts_and_folders' && trustClass === 'own';
  return cloning !== 'none';
}

function lackOf(machine: PlaceableMachine, identity: string): UnmetNeed {
  const what = cloneOn(machine, identity) === 'shallow' ? 'a shallow clone' : 'no clone';
  const setting = identity.startsWith('file:') && machine.cloning === 'hosts' ? 'allowFileRemotes' : 'allowClone';
  const why = machine.trustClass === 'own' ? `${setting} is off in its settings` : 'it is lent';
  return { need: `a full clone of ${identity}, or leave to clone it`, has: `${what}, and ${why}` };
}

/** What a machine lacks of the task's repository. */
export function lacksRepository(task: PlaceableTask, machine: PlaceableMachine): UnmetNeed[] {
  if (task.repository === null) return [];
  const { identity, baseBundle } = task.repository;
  const clone = cloneOn(machine, identity);
  if (task.role === 'prepare') {
    return clone === 'whole' || mayClone(machine, identity) ? [] : [lackOf(machine, identity)];
  }
  return clone !== 'none' || baseBundle ? [] : [{ need: `repository ${identity}`, has: null }];
}

/**
 * Who should prepare a repository, best first: machines of one's own before lent ones, whole clones before machines
 * that would have to clone.
 */
function tierOf(machine: PlaceableMachine, identity: string): number {
  return (machine.trustClass === 'own' ? 0 : 2) + (cloneOn(machine, identity) === 'whole' ? 0 : 1);
}

/** Of the machines that may prepare, the best kind that has one taking work; all of them when none does. */
export function preferredForPrepare(
  task: PlaceableTask,
  suitable: readonly PlaceableMachine[],
  takesWork: (machine: PlaceableMachine) => boolean,
): readonly PlaceableMachine[] {
  if (task.role !== 'prepare' || task.repository === null) return suitable;
  const { identity } = task.repository;
  const best = Math.min(...suitable.filter(takesWork).map((machine) => tierOf(machine, identity)));
  return Number.isFinite(best) ? suitable.filter((machine) => tierOf(machine, identity) === best) : suitable;
}

/** Why this machine prepares the repository, where a person would ask. */
export function prepareReasons(task: PlaceableTask, machine: PlaceableMachine): string[] {
  if (task.role !== 'prepare' || task.repository === null) return [];
  const lent = machine.trustClass === 'own' ? [] : ['no machine of the organization can prepare it'];
  if (cloneOn(machine, task.repository.identity) === 'whole') return lent;
  return [...lent, 'no machine that takes work has a full clone; this one may clone'];
}
