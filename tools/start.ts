/** `npm start`: the control plane with one local worker, until Ctrl-C. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Api } from './cluster/api.ts';
import { until } from './cluster/processes.ts';
import { type ControlPlaneProcess, startControlPlane } from './start/control-plane-process.ts';
import { describeWorker, type LocalWorker, startLocalWorker } from './start/local-worker.ts';

const ONLINE_TIMEOUT_MS = 60_000;

const root = path.resolve(import.meta.dirname, '..');
const say = (line = '') => void process.stdout.write(`${line}\n`);

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}

/** The worker may fail without the rest: its log and its configuration say how to help it. */
async function bringUpWorker(worker: LocalWorker, api: Api): Promise<string> {
  const online = until('Bringing the local worker online', ONLINE_TIMEOUT_MS, async () =>
    (await api.workers()).find(({ status }) => status === 'online'),
  );
  try {
    return describeWorker(await Promise.race([online, worker.process.failed]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const lines = (await readFile(worker.logFile, 'utf8')).trim().split('\n').slice(-3);
    return `not running: ${reason}\n${lines.map((line) => `                 ${line}`).join('\n')}`;
  }
}

/** A terminal's Ctrl-C has reached the worker by itself; to it, another signal would mean haste. */
async function stopWorker({ process: worker }: LocalWorker, why: NodeJS.Signals | number): Promise<void> {
  if (why !== 'SIGINT' || process.stdin.isTTY !== true) return worker.stop();
  if (worker.child.exitCode === null && worker.child.signalCode === null) await once(worker.child, 'exit');
}

async function main(): Promise<number> {
  const signal = nextSignal();
  let isStopping = false;
  void signal.then(() => (isStopping = true));
  const plane = startControlPlane(root);
  try {
    return await serve(plane, signal);
  } catch (error) {
    // Who stops it while it starts need not hear what that interrupted.
    if (!isStopping) throw error;
    plane.child.kill('SIGTERM');
    return plane.ended;
  }
}

async function serve(plane: ControlPlaneProcess, signal: Promise<NodeJS.Signals>): Promise<number> {
  const ready = await plane.ready;
  if (ready === undefined) return plane.ended;
  const key = (await readFile(ready.keyFile, 'utf8')).trim();
  const api = new Api(ready.url, key);
  const dataDir = path.dirname(ready.keyFile);
  const worker = await startLocalWorker({ root, dataDir, url: ready.url, api });
  say();
  say('  CoorChat is running');
  say();
  say(`  API            ${ready.url}`);
  say(`  Documentation  ${ready.url}/docs`);
  say(`  API key        ${key}`);
  say(`                 (kept in ${ready.keyFile})`);
  say(`  Data           ${dataDir}`);
  say(`  Worker         ${await Promise.race([bringUpWorker(worker, api), signal.then(() => 'stopping')])}`);
  say(`                 (configured by ${worker.configFile})`);
  say();
  say('  Ctrl-C stops both; the data stays. `npm run reset` clears it.');
  say();
  const why = await Promise.race([signal, plane.ended]);
  await stopWorker(worker, why);
  if (typeof why === 'number') return why;
  // Where a terminal's Ctrl-C has reached it already, it takes both for one.
  plane.child.kill('SIGTERM');
  return plane.ended;
}

process.exitCode = await main();
