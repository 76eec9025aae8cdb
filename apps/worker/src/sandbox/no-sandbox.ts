import { AppError } from '@coorchat/kernel';
import { withMemoryLimit } from './memory-limit.js';
import { Sandbox, type SandboxedCommand, type SandboxSpec } from './sandbox.port.js';

/** Nothing is kept apart: commands can do whatever the worker's account can. */
export class NoSandbox extends Sandbox {
  readonly kind = 'none';
  readonly visible = undefined;

  /** Throws `worker.sandbox_consent_needed` unless the machine's owner agreed in the worker's configuration. */
  constructor({ consent }: { readonly consent: boolean }) {
    super();
    if (consent) return;
    throw new AppError({
      code: 'worker.sandbox_consent_needed',
      kind: 'precondition',
      message:
        'Without a sandbox, tasks can read and change everything that this account can. Install bubblewrap, or set sandbox.kind to "none" and sandbox.consent to true in the configuration of the worker.',
    });
  }

  wrap(spec: SandboxSpec): SandboxedCommand {
    const [command, ...args] = withMemoryLimit(spec);
    return { command, args, env: spec.env };
  }
}
