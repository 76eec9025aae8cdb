import type { Logger } from '../platform/telemetry/index.js';

/** EX_SOFTWARE of sysexits.h: tells a supervisor that to start again may help. */
export const FAULT_EXIT_CODE = 70;

export type FaultOrigin = NodeJS.UncaughtExceptionOrigin;

/**
 * Resolves at the first error that nobody caught: nobody knows in which state it left this process. Installed once; such
 * errors do not end the process by themselves any more.
 */
export function listenForFault(logger: Pick<Logger, 'error'>): Promise<FaultOrigin> {
  const { promise, resolve } = Promise.withResolvers<FaultOrigin>();
  process.on('uncaughtException', (error, origin) => {
    logger.error('nobody caught this: the process ends', { origin, error });
    resolve(origin);
  });
  return promise;
}
