import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkEvent } from '@coorchat/contracts';
import type { Api } from '../cluster/api.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { startMachines } from '../cluster/machines.ts';
import type { Started } from '../cluster/processes.ts';
import { measureBaseline } from './baseline.ts';
import { type CpuMs, cpuSoFar, perTask } from './cpu.ts';
import { rounded, spread } from './statistics.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const WORKERS = 2;
const SLOTS = 64;
const WARM_UP_REQUESTS = 10;
const IDLE_REQUESTS = 150;
const TASKS_PER_REQUEST = 50;
const REQUESTS = 60;
const SUBMITTERS = 4;
const SETTLE_MS = 3000;

const NOOP = { kind: 'tool', title: 'Nothing', tool: { server: 'bench', name: 'noop', arguments: {} } };

export interface DispatchFigures {
  readonly tasksPerSecond: number;
  /** While the tasks per second were taken; tells more than they do where others use the machine too. */
  readonly cpuMsPerTask: CpuMs;
  readonly readyToStartedMs: { readonly p50: number; readonly p99: number };
  readonly submitToResultMs: { readonly p50: number; readonly p99: number };
  readonly rawBullmqPerSecond: number;
  readonly commitsPerSecond: number;
  readonly controlPlaneRssMb: number;
  readonly workerRssMb: number;
}

interface Latency {
  readonly readyToStartedMs: number;
  readonly submitToResultMs: number;
}

function planOf(tasks: number): object {
  const plan = { tasks: Array.from({ length: tasks }, (_, index) => ({ ...NOOP, key: `t${index}` })) };
  return { description: 'Measure', plan };
}

async function rssMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return rounded(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024);
}

async function finished(api: Api, id: string): Promise<void> {
  let last: WorkEvent | undefined;
  for await (const event of api.events(id, 0)) last = event;
  if (last?.type !== 'work.completed') throw new Error(`Work request ${id} ended with ${last?.type ?? 'nothing'}`);
}

async function oneByOne(api: Api, requests: number): Promise<Latency[]> {
  const latencies: Latency[] = [];
  for (let i = 0; i < requests; i++) {
    const began = performance.now();
    const { id } = await api.submit(planOf(1));
    await finished(api, id);
    const submitToResultMs = performance.now() - began;
    const [task] = await api.tasks(id);
    const readyToStartedMs = Date.parse(task?.startedAt ?? '') - Date.parse(task?.readyAt ?? '');
    latencies.push({ readyToStartedMs, submitToResultMs });
  }
  return latencies;
}

/** Tasks per second from the first submit to the last durable result. */
async function allAtOnce(api: Api): Promise<number> {
  let left = REQUESTS;
  const began = performance.now();
  const submit = async () => {
    const ids: string[] = [];
    while (left > 0) {
      left -= 1;
      ids.push((await api.submit(planOf(TASKS_PER_REQUEST))).id);
    }
    for (const id of ids) await finished(api, id);
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, submit));
  return rounded((REQUESTS * TASKS_PER_REQUEST * 1000) / (performance.now() - began));
}

async function startCluster(folder: string): Promise<{ controlPlane: ControlPlane; workers: Started[] }> {
  const env = { COORCHAT_LOG_LEVEL: 'warn' };
  const controlPlane = await startControlPlane({ root: ROOT, dataDir: path.join(folder, 'control-plane'), env });
  const common = { labels: [], repositories: [], maxConcurrent: SLOTS, about: '' };
  const workers = await startMachines({
    root: ROOT,
    folder: path.join(folder, 'machines'),
    controlPlane,
    machines: Array.from({ length: WORKERS }, (_, index) => ({ ...common, name: `bench-${index}` })),
    mcpServers: { bench: { command: process.execPath, args: [path.join(import.meta.dirname, 'noop-server.ts')] } },
  });
  return { controlPlane, workers };
}

/** Tool tasks that do nothing, over the whole path, with two worker processes. */
export async function measureDispatch(say: (line: string) => void): Promise<DispatchFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'coorchat-bench-'));
  const cluster = await startCluster(folder);
  const { api, process: plane } = cluster.controlPlane;
  try {
    await oneByOne(api, WARM_UP_REQUESTS);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const controlPlaneRssMb = await rssMb(plane.child.pid);
    const workerRssMb = Math.max(...(await Promise.all(cluster.workers.map(({ child }) => rssMb(child.pid)))));
    say(`idle memory: control plane ${controlPlaneRssMb} MB, worker ${workerRssMb} MB`);
    const idle = await oneByOne(api, IDLE_REQUESTS);
    const readyToStartedMs = spread(idle.map((latency) => latency.readyToStartedMs));
    const submitToResultMs = spread(idle.map((latency) => latency.submitToResultMs));
    say(`idle, one by one: ready to started p50 ${readyToStartedMs.p50} ms, p99 ${readyToStartedMs.p99} ms`);
    const measured = { controlPlane: plane.child.pid, workers: cluster.workers.map(({ child }) => child.pid) };
    const before = await cpuSoFar(measured);
    const tasksPerSecond = await allAtOnce(api);
    const cpuMsPerTask = perTask(before, await cpuSoFar(measured), REQUESTS * TASKS_PER_REQUEST);
    say(`all at once: ${tasksPerSecond} tasks per second, ${cpuMsPerTask.total} ms of CPU each`);
    for (const part of [...cluster.workers, plane]) await part.stop();
    const baseline = await measureBaseline(path.join(folder, 'control-plane'));
    return {
      tasksPerSecond,
      cpuMsPerTask,
      readyToStartedMs,
      submitToResultMs,
      ...baseline,
      controlPlaneRssMb,
      workerRssMb,
    };
  } finally {
    for (const part of [...cluster.workers, plane]) await part.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
