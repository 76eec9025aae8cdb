import { isAppError } from '@coorchat/kernel';
import { type AppConfig, loadConfig } from '../platform/config/index.js';
import { createLogger, type Logger } from '../platform/telemetry/index.js';
import { announcement } from './announcement.view.js';
import { ControlPlane } from './control-plane.js';
import { chosenNames, choiceOf } from './process-choice.rules.js';
import { FAULT_EXIT_CODE, type FaultOrigin, listenForFault } from './faults.js';
import { listenForStop } from './stop-signals.js';

/** What a forced stop still gives PostgreSQL to end cleanly. */
const FORCED_STOP_MS = 3_000;
/** How long a process that is broken may take to stop cleanly. */
const FAULT_STOP_MS = 15_000;

function explain(error: unknown): string {
  if (isAppError(error) && error.kind !== 'internal') return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export interface RunOptions {
  /** Called once, when the chosen processes serve. */
  readonly onServing: () => void;
}

async function serveUntilStopped(
  config: AppConfig,
  args: readonly string[],
  { logger, onServing }: RunOptions & { logger: Logger },
): Promise<number> {
  const choice = choiceOf(chosenNames(args, config.processes));
  const signals = listenForStop();
  const fault = listenForFault(logger);
  void fault.then(() => setTimeout(() => process.exit(FAULT_EXIT_CODE), FAULT_STOP_MS).unref());
  const starting = ControlPlane.start({ config, choice, logger });
  void signals.second.then(() => setTimeout(() => process.exit(1), FORCED_STOP_MS));
  const plane = await starting;
  if (choice.serving.length === 0) {
    await plane.stop();
    return 0;
  }
  onServing();
  process.stdout.write(announcement(plane, process.stdout.isTTY));
  const reason = await Promise.race([signals.first, fault]);
  logger.info('stopping', { reason });
  const outcome = await Promise.race([plane.stop().then(() => 'stopped' as const), signals.second]);
  if (outcome === 'stopped') return isFault(reason) ? FAULT_EXIT_CODE : 0;
  logger.warn('stopping at once');
  return 1;
}

function isFault(reason: NodeJS.Signals | FaultOrigin): reason is FaultOrigin {
  return reason === 'uncaughtException' || reason === 'unhandledRejection';
}

/** The program. @returns its exit code */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  try {
    const config = loadConfig();
    return await serveUntilStopped(config, args, { ...options, logger: createLogger({ level: config.logLevel }) });
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}
