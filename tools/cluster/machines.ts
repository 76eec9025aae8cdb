import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkerView } from '@coorchat/contracts';
import { stringify } from 'yaml';
import type { ControlPlane } from './control-plane.ts';
import { type Started, startProcess, until } from './processes.ts';

export interface Machine {
  readonly name: string;
  readonly about: string;
  readonly labels: readonly string[];
  /** Folders with clones that its owner opted in. */
  readonly repositories: readonly string[];
  readonly maxConcurrent: number;
}

export interface MachinesOptions {
  readonly root: string;
  readonly folder: string;
  readonly controlPlane: Pick<ControlPlane, 'url' | 'api'>;
  readonly machines: readonly Machine[];
  readonly mcpServers?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

const ONLINE_TIMEOUT_MS = 60_000;

async function startMachine(machine: Machine, options: MachinesOptions): Promise<Started> {
  const { root, folder, controlPlane } = options;
  const home = path.join(folder, machine.name);
  await mkdir(home, { recursive: true });
  const config = {
    name: machine.name,
    dataDir: path.join(home, 'worker'),
    labels: machine.labels,
    maxConcurrent: machine.maxConcurrent,
    repositories: machine.repositories,
    sandbox: { kind: 'auto', consent: true },
    ...(options.mcpServers ? { mcpServers: options.mcpServers } : {}),
  };
  await writeFile(path.join(home, 'worker.yaml'), stringify(config));
  return startWorker({
    root,
    folder,
    url: controlPlane.url,
    name: machine.name,
    token: await controlPlane.api.enrolmentToken(),
    ...(options.env ? { env: options.env } : {}),
  });
}

export interface StartWorkerOptions {
  readonly root: string;
  readonly folder: string;
  readonly url: string;
  readonly name: string;
  /** Only the first time: afterwards the machine has a credential of its own. */
  readonly token?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the worker of a machine whose configuration is written already. */
export function startWorker({ root, folder, url, name, token, env = {} }: StartWorkerOptions): Started {
  const config = path.join(folder, name, 'worker.yaml');
  return startProcess({
    name,
    script: path.join(root, 'apps', 'worker', 'dist', 'main.js'),
    args: [
      'start',
      '--url',
      url,
      '--config',
      config,
      '--key-store',
      'file',
      ...(token === undefined ? [] : ['--token-stdin']),
    ],
    env,
    logFile: path.join(folder, '..', `${name}.log`),
    ...(token === undefined ? {} : { stdin: token }),
  });
}

/** Enrols each machine with a token of its own, and waits until all are online. */
export async function startMachines(options: MachinesOptions): Promise<Started[]> {
  const started: Started[] = [];
  for (const machine of options.machines) started.push(await startMachine(machine, options));
  const expected = options.machines.length;
  const online = until<WorkerView[]>('Bringing the machines online', ONLINE_TIMEOUT_MS, async () => {
    const workers = await options.controlPlane.api.workers();
    return workers.filter(({ status }) => status === 'online').length === expected ? workers : undefined;
  });
  await Promise.race([online, ...started.map(({ failed }) => failed)]);
  return started;
}
