import { messageOf } from '@coorchat/kernel';
import type { Logger } from '../log/logger.js';

/** EX_SOFTWARE of sysexits.h: tells a supervisor that to start again may help. */
export const FAULT_EXIT_CODE = 70;

const MAX_CAUSES = 5;

/** At an error that nobody caught: nobody knows in which state it left this process. `stop` is called once. */
export function onFault(logger: Logger, stop: () => void): void {
  let stopping = false;
  process.on('uncaughtException', (error, origin) => {
    logger.error('nobody caught this: the worker stops', {
      origin,
      error: error.stack ?? error,
      causes: causesOf(error),
    });
    if (stopping) return;
    stopping = true;
    stop();
  });
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < MAX_CAUSES;) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
