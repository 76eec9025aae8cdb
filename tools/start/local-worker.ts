import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkerView } from '@coorchat/contracts';
import type { Api } from '../cluster/api.ts';
import { type Started, startProcess } from '../cluster/processes.ts';

export interface LocalWorkerOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly url: string;
  readonly api: Api;
}

export interface LocalWorker {
  readonly process: Started;
  readonly configFile: string;
  readonly logFile: string;
}

const CONFIG = `# The worker that \`npm start\` runs on this machine. Change it as you like; it is made only once.
name: local
maxConcurrent: 2

# Folders (or globs) with clones that tasks may start from. Nothing else on this machine is looked at.
repositories: []

# auto takes bubblewrap where it is installed. Without a sandbox, tasks can read and change everything
# that your account can: the worker does that only with your consent.
sandbox:
  kind: auto
  consent: false
`;

/** A worker process with a configuration and an identity of its own, enrolled at its first start. */
export async function startLocalWorker({ root, dataDir, url, api }: LocalWorkerOptions): Promise<LocalWorker> {
  const home = path.join(dataDir, 'worker');
  const configFile = path.join(dataDir, 'worker.yaml');
  const logFile = path.join(dataDir, 'worker.log');
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (!existsSync(configFile)) await writeFile(configFile, CONFIG);
  await forgetOldIdentity(home, api);
  const isEnrolled = existsSync(path.join(home, 'credential.json'));
  const args = ['start', '--url', url, '--config', configFile, '--data-dir', home, '--key-store', 'file'];
  const started = startProcess({
    name: 'the local worker',
    script: path.join(root, 'apps', 'worker', 'dist', 'main.js'),
    args: isEnrolled ? args : [...args, '--token-stdin'],
    env: {},
    logFile,
    ...(isEnrolled ? {} : { stdin: await api.enrolmentToken() }),
  });
  return { process: started, configFile, logFile };
}

/** A worker of the time before workers had keys enrols anew, under the name that it had. */
async function forgetOldIdentity(home: string, api: Api): Promise<void> {
  const file = path.join(home, 'credential.json');
  const known: unknown = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
  if (typeof known !== 'object' || known === null || !('version' in known) || known.version !== 1) return;
  if ('workerId' in known) await api.removeWorker(String(known.workerId));
  await rm(file);
}

/** What a person wants to know of the worker once it is there. */
export function describeWorker({ name, facts }: WorkerView): string {
  const tools = (facts?.toolchains ?? []).slice(0, 5).map((tool) => `${tool.name} ${tool.version}`);
  return `${name} (${facts?.platform} ${facts?.architecture}, sandbox ${facts?.sandbox}; ${tools.join(', ') || 'no toolchains'})`;
}
