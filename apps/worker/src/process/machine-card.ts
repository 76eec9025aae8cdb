import type { AgentCard } from '@a2a-js/sdk';
import { workerCard } from '../a2a/worker-card.js';
import type { DetectedMachine } from '../facts/machine-facts.js';
import type { LocalClone } from '../facts/repository-scan.js';

export interface MachineCardOptions {
  readonly name: string;
  readonly version: string;
  readonly tunnelUrl: string | undefined;
  readonly detect: () => Promise<DetectedMachine>;
}

const FRESH_MS = 60_000;

/** Free disk space changes all the time, and heartbeats tell it. */
function lasting({ facts }: DetectedMachine): string {
  return JSON.stringify({ ...facts, diskFreeMb: undefined });
}

/** The worker's card, from facts that are detected anew when they are no longer fresh. */
export class MachineCard {
  listenerUrl: string | undefined;
  #detectedAt = 0;
  #detecting: Promise<boolean> | undefined;

  private constructor(
    private readonly options: MachineCardOptions,
    private machine: DetectedMachine,
  ) {
    this.#detectedAt = performance.now();
  }

  static async detect(options: MachineCardOptions): Promise<MachineCard> {
    return new MachineCard(options, await options.detect());
  }

  get clones(): readonly LocalClone[] {
    return this.machine.clones;
  }

  get current(): AgentCard {
    const { name, version, tunnelUrl } = this.options;
    const { facts } = this.machine;
    return workerCard({ name, version, tunnelUrl, facts, listenerUrl: this.listenerUrl, agent: true });
  }

  async fresh(): Promise<AgentCard> {
    await this.refresh();
    return this.current;
  }

  /** Looks at the machine again when the facts are old. True when it is not what it was. */
  refresh(): Promise<boolean> {
    if (performance.now() - this.#detectedAt <= FRESH_MS) return Promise.resolve(false);
    this.#detecting ??= this.#detect().finally(() => (this.#detecting = undefined));
    return this.#detecting;
  }

  async #detect(): Promise<boolean> {
    const before = lasting(this.machine);
    this.machine = await this.options.detect();
    this.#detectedAt = performance.now();
    return lasting(this.machine) !== before;
  }
}
