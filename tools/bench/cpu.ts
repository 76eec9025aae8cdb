import { readdir, readFile } from 'node:fs/promises';
import { rounded } from './statistics.ts';

/** Milliseconds of CPU, user and system together. */
export interface CpuMs {
  readonly controlPlane: number;
  readonly postgres: number;
  readonly workers: number;
  /** MCP servers and whatever else workers started. */
  readonly tools: number;
  /** The benchmark itself: submitting and following. */
  readonly load: number;
  readonly total: number;
}

export interface MeasuredProcesses {
  readonly controlPlane: number | undefined;
  readonly workers: readonly (number | undefined)[];
}

interface ProcessCpu {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** With what its ended children used. */
  readonly cpuMs: number;
}

/** Linux reports these times in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;
const STAT = /^(\d+) \((.*)\) \S (\d+) (?:\S+ ){9}(\d+) (\d+) (\d+) (\d+) /s;

async function processes(): Promise<ProcessCpu[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.flatMap((stat) => {
    const [, pid, name = '', parent, ...ticks] = STAT.exec(stat) ?? [];
    const cpuMs = TICK_MS * ticks.reduce((sum, value) => sum + Number(value), 0);
    return pid ? [{ pid: Number(pid), parent: Number(parent), name, cpuMs }] : [];
  });
}

function below(all: readonly ProcessCpu[], parents: ReadonlySet<number>): ProcessCpu[] {
  const children = all.filter(({ parent }) => parents.has(parent));
  return children.length === 0 ? [] : [...children, ...below(all, new Set(children.map(({ pid }) => pid)))];
}

function sum(some: readonly ProcessCpu[]): number {
  return some.reduce((total, { cpuMs }) => total + cpuMs, 0);
}

/** What each part has used so far. Linux only; elsewhere everything but `load` is 0. */
export async function cpuSoFar({ controlPlane, workers }: MeasuredProcesses): Promise<CpuMs> {
  const all = await processes();
  const of = (pids: readonly (number | undefined)[]) => all.filter(({ pid }) => pids.includes(pid));
  const { user, system } = process.cpuUsage();
  const parts = {
    controlPlane: sum(of([controlPlane])),
    postgres: sum(below(all, new Set([controlPlane ?? -1])).filter(({ name }) => name === 'postgres')),
    workers: sum(of(workers)),
    tools: sum(below(all, new Set(workers.map((pid) => pid ?? -1)))),
    load: (user + system) / 1000,
  };
  return { ...parts, total: Object.values(parts).reduce((total, part) => total + part, 0) };
}

export function perTask(before: CpuMs, after: CpuMs, tasks: number): CpuMs {
  const share = (part: keyof CpuMs) => rounded((after[part] - before[part]) / tasks, 2);
  return {
    controlPlane: share('controlPlane'),
    postgres: share('postgres'),
    workers: share('workers'),
    tools: share('tools'),
    load: share('load'),
    total: share('total'),
  };
}
