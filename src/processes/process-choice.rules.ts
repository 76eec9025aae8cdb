import { PROCESS_NAMES, type ProcessName } from '../platform/config/index.js';
import { processErrors } from './processes.errors.js';
import type { ServingProcess } from './process-modules.js';

export interface ProcessChoice {
  readonly migrate: boolean;
  readonly bootstrap: boolean;
  /** Empty: nothing is served, the program ends. */
  readonly serving: readonly ServingProcess[];
}

function isProcessName(name: string): name is ProcessName {
  return PROCESS_NAMES.some((known) => known === name);
}

/** Arguments win over the configuration. @throws AppError `processes.unknown_process` */
export function chosenNames(args: readonly string[], configured: readonly ProcessName[]): readonly ProcessName[] {
  const names = args.flatMap((text) => text.split(',')).filter((name) => name !== '');
  if (names.length === 0) return configured;
  return names.map((name) => {
    if (!isProcessName(name)) throw processErrors.unknownProcess(name, PROCESS_NAMES);
    return name;
  });
}

/** `all` migrates first and serves everything; apart, `migrate` is a step of its own. */
export function choiceOf(names: readonly ProcessName[]): ProcessChoice {
  const all = names.includes('all');
  const serving = (['api', 'jobs', 'tunnel'] as const).filter((name) => all || names.includes(name));
  return { migrate: all || names.includes('migrate'), bootstrap: serving.includes('api'), serving };
}
