import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Api } from './api.ts';
import { freePort, type Started, startProcess, until } from './processes.ts';

export interface ControlPlane {
  readonly process: Started;
  readonly url: string;
  readonly key: string;
  readonly api: Api;
}

export interface ControlPlaneOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** To come back where it was; without it, a free one. */
  readonly port?: number;
}

/** With REDIS_URL set, the queue is there, under names that this data folder alone uses. */
function queueEnvironment(dataDir: string): Record<string, string> {
  const url = process.env['REDIS_URL'];
  if (!url) return {};
  const prefix = `coorchat-${createHash('sha1').update(dataDir).digest('hex').slice(0, 10)}`;
  return { REDIS_URL: url, COORCHAT_REDIS_PREFIX: prefix };
}

const START_TIMEOUT_MS = 90_000;

/** The control plane in a process of its own, with everything embedded, ready to serve. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { root, dataDir, env, port = await freePort() } = options;
  const url = `http://127.0.0.1:${port}`;
  const started = startProcess({
    name: 'control plane',
    script: path.join(root, 'dist', 'main.js'),
    args: [],
    env: { COORCHAT_DATA_DIR: dataDir, COORCHAT_PORT: String(port), ...queueEnvironment(dataDir), ...env },
    logFile: path.join(dataDir, '..', 'control-plane.log'),
  });
  const ready = until('Starting the control plane', START_TIMEOUT_MS, async () => {
    const { ok } = await fetch(`${url}/health/ready`);
    return ok ? true : undefined;
  });
  await Promise.race([ready, started.failed]);
  const key = (await readFile(path.join(dataDir, 'admin.key'), 'utf8')).trim();
  return { process: started, url, key, api: new Api(url, key) };
}
