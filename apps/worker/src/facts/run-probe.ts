import { execFile } from 'node:child_process';

export interface ProbeOptions {
  readonly timeoutMs?: number;
  /** The whole environment of the command, instead of the worker's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const DEFAULT_TIMEOUT_MS = 4000;
const MAX_OUTPUT_BYTES = 256 * 1024;

/** What a command printed (both streams), or undefined when it is missing, slow or failed. */
export function runProbe(
  command: string,
  args: readonly string[],
  options: ProbeOptions = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
        windowsHide: true,
        env: options.env,
        // npm and others are batch files on Windows; the arguments are our own constants.
        shell: process.platform === 'win32',
      },
      (error, stdout, stderr) => resolve(error ? undefined : `${stdout}\n${stderr}`),
    );
    child.stdin?.end();
  });
}

/** Runs `act` for each item, at most `limit` at once, and keeps the order. */
export async function mapBounded<T, R>(items: readonly T[], limit: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await act(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
