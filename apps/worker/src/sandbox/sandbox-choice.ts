import { AppError } from '@coorchat/kernel';
import { BubblewrapSandbox } from './bubblewrap-sandbox.js';
import { NoSandbox } from './no-sandbox.js';
import { type BubblewrapDetection, detectBubblewrap } from './sandbox-detection.js';
import type { Sandbox } from './sandbox.port.js';

export interface SandboxPreference {
  /** auto: bubblewrap where it works; without it `none`, given consent. */
  readonly kind: 'auto' | 'bubblewrap' | 'none';
  /** The owner's agreement that tasks may run without a sandbox. */
  readonly consent: boolean;
  /** Folders that the owner shows to all tasks, read-only. */
  readonly readable?: readonly string[];
}

/** Throws `worker.sandbox_unavailable` when there is none that the owner agrees with. */
export async function chooseSandbox(
  { kind, consent, readable }: SandboxPreference,
  detect: () => Promise<BubblewrapDetection> = detectBubblewrap,
): Promise<Sandbox> {
  if (kind === 'none') return new NoSandbox({ consent });
  const detection = await detect();
  if (detection.available) return new BubblewrapSandbox({ ...detection, readable });
  if (kind === 'auto' && consent) return new NoSandbox({ consent });
  throw new AppError({
    code: 'worker.sandbox_unavailable',
    kind: 'precondition',
    message: `There is no sandbox to run tasks in. ${detection.reason} To run tasks without one, set sandbox.kind to "none" and sandbox.consent to true in the configuration of the worker.`,
  });
}
