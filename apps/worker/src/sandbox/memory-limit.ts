import type { SandboxSpec } from './sandbox.port.js';

const SCRIPT = 'ulimit -d "$1"; shift; exec "$@"';

/** The command behind a limit of what each of its processes may allocate. */
export function withMemoryLimit({ command, args, limits }: SandboxSpec): [string, ...string[]] {
  const { memoryMb } = limits ?? {};
  if (memoryMb === undefined || process.platform !== 'linux') return [command, ...args];
  return ['/bin/sh', '-c', SCRIPT, 'sh', `${memoryMb * 1024}`, command, ...args];
}
