import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Ready {
  readonly url: string;
  readonly keyFile: string;
}

export interface ControlPlaneProcess {
  readonly child: ChildProcess;
  /** Undefined when it ended instead; then it has said why. */
  readonly ready: Promise<Ready | undefined>;
  /** Exit code. */
  readonly ended: Promise<number>;
}

/** The control plane as a child that tells on its standard output when it is ready; its log is our standard error. */
export function startControlPlane(root: string): ControlPlaneProcess {
  const child = spawn(process.execPath, [path.join(root, 'dist', 'main.js'), 'all'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { COORCHAT_LOG_LEVEL: 'warn', ...process.env },
  });
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', () => resolve(1));
  });
  const ready = new Promise<Ready | undefined>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as Ready & { event: string };
      if (event.event === 'ready') resolve(event);
    });
    void ended.then(() => resolve(undefined));
  });
  return { child, ready, ended };
}
