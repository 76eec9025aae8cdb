import { statfsSync } from 'node:fs';
import type { WorkerLoad } from '@coorchat/contracts';
import type { AttemptDesk } from '../attempt/attempt-desk.js';
import { loadAverage, memoryFreeMb } from '../facts/hardware.js';

const MB = 1024 * 1024;

/** How busy worker and machine are now. */
export function workerLoad(desk: AttemptDesk, given: { readonly slots: number; readonly dataDir: string }): WorkerLoad {
  const { bavail, bsize } = statfsSync(given.dataDir);
  return {
    running: desk.running,
    slots: given.slots,
    loadAverage: loadAverage(),
    memoryFreeMb: memoryFreeMb(),
    diskFreeMb: Math.floor((bavail * bsize) / MB),
  };
}

/** Calls `act` soon after a change, and at most once in `everyMs`. */
export class Throttle {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly act: () => void,
  ) {}

  poke(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.act();
    }, this.everyMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
