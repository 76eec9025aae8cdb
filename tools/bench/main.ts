import { parseArgs } from 'node:util';
import { type DispatchFigures, measureDispatch } from './dispatch.ts';

const HELP = `Usage: npm run bench -- dispatch [--json]

  dispatch   tool tasks that do nothing, from REST submit to durable result, with two worker processes
  --json     print one line of JSON and nothing else
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
});

function table(figures: DispatchFigures): string {
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

async function main(): Promise<number> {
  if (flags.help || positionals[0] !== 'dispatch') {
    process.stderr.write(HELP);
    return flags.help ? 0 : 2;
  }
  const figures = await measureDispatch((line) => flags.json || process.stdout.write(`${line}\n`));
  process.stdout.write(flags.json ? `${JSON.stringify(figures)}\n` : `\n${table(figures)}\n`);
  return 0;
}

process.exitCode = await main();
