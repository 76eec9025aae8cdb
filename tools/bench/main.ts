import { parseArgs } from 'node:util';
import { authTable } from './auth-table.ts';
import { authFigures } from './auth-figures.ts';
import type { DispatchFigures } from './dispatch.ts';

const HELP = `Usage: npm run bench -- dispatch|auth [--json]

  dispatch   tool tasks that do nothing, from REST submit to durable result, with two worker processes
  auth       tokens per second, and requests per second to one trivial route: open, with a token, with a key
  --json     print one line of JSON and nothing else
  --rounds   of auth; 25 unless said
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean' }, rounds: { type: 'string' } },
});

const ROUNDS = 25;
const ROUND_MS = 300;

const say = (line: string) => void (flags.json || process.stdout.write(`${line}\n`));

function print(figures: object, table: () => string): void {
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : `\n${table()}\n`);
}

function dispatchTable(figures: DispatchFigures): string {
  const { readyToStartedMs, submitToResultMs, cpuMsPerTask } = figures;
  const { controlPlane, postgres, workers, tools, load } = cpuMsPerTask;
  return [
    `tasks per second           ${figures.tasksPerSecond}`,
    `CPU per task, ms           ${cpuMsPerTask.total} (control plane ${controlPlane}, PostgreSQL ${postgres}, workers ${workers}, MCP servers ${tools}, load generator ${load})`,
    `ready to started, idle     p50 ${readyToStartedMs.p50} ms, p99 ${readyToStartedMs.p99} ms`,
    `submit to result, idle     p50 ${submitToResultMs.p50} ms, p99 ${submitToResultMs.p99} ms`,
    `raw BullMQ per second      ${figures.rawBullmqPerSecond} (ours is ${(figures.tasksPerSecond / figures.rawBullmqPerSecond).toFixed(2)} of it)`,
    `single-row commits/second  ${figures.commitsPerSecond}`,
    `idle memory                control plane ${figures.controlPlaneRssMb} MB, worker ${figures.workerRssMb} MB`,
  ].join('\n');
}

async function dispatch(): Promise<void> {
  const { measureDispatch } = await import('./dispatch.ts');
  const figures = await measureDispatch(say);
  print(figures, () => dispatchTable(figures));
}

async function auth(): Promise<void> {
  const { measureAuth } = await import('./auth.ts');
  const samples = await measureAuth({ rounds: Number(flags.rounds ?? ROUNDS), roundMs: ROUND_MS, say });
  print(authFigures(samples), () => authTable(samples));
}

const BENCHES: Readonly<Record<string, () => Promise<void>>> = { dispatch, auth };

async function main(): Promise<number> {
  const bench = Object.entries(BENCHES).find(([name]) => name === positionals[0])?.[1];
  if (flags.help || bench === undefined) {
    process.stderr.write(HELP);
    return flags.help ? 0 : 2;
  }
  await bench();
  return 0;
}

process.exitCode = await main();
