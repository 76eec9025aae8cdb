import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { paint } from './live-view.ts';
import { type Machine, startMachines } from '../cluster/machines.ts';
import type { Started } from '../cluster/processes.ts';
import { makeSampleRepository, SAMPLE_CHECKS, SAMPLE_REQUEST, type SampleRepository } from './sample-repository.ts';
import { chooseModel, type DemoModel } from './scripted-model.ts';
import { type DemoOutcome, jsonLine, renderSummary } from './summary.ts';
import { verifyDelivery } from './verify-delivery.ts';
import { watchWork } from './watch.ts';

const HELP = `Usage: npm run demo -- [--exit] [--json]

  --exit   stop everything at the end (as it does without a terminal)
  --json   print the outcome as the last line, as JSON
`;

const { values: flags } = parseArgs({
  options: { exit: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});

const root = path.resolve(import.meta.dirname, '..', '..');
const folder = path.join(root, '.coorchat', 'demo');
const isTerminal = process.stdout.isTTY === true;
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** What must be stopped at the end, last started first. */
const running: { stop(): Promise<void> }[] = [];

async function stopAll(): Promise<void> {
  for (const part of running.splice(0).reverse()) await part.stop().catch(() => undefined);
}

function machinesFor(repository: SampleRepository): Machine[] {
  const common = { labels: [], repositories: [], maxConcurrent: 1 };
  return [
    { ...common, name: 'atlas', about: 'has the repository cloned', repositories: [repository.clone] },
    { ...common, name: 'mini', about: 'has no clone: gets the code from the control plane' },
    { ...common, name: 'forge', about: 'alone has the label "release"', labels: ['release'] },
  ];
}

async function startAll(model: DemoModel): Promise<{ controlPlane: ControlPlane; repository: SampleRepository }> {
  const repository = await makeSampleRepository(folder);
  say(`A repository with a failing test:  ${repository.clone}`);
  const dataDir = path.join(folder, 'control-plane');
  await mkdir(dataDir, { recursive: true });
  const env = { ...model.env, COORCHAT_ALLOW_FILE_REMOTES: 'true', COORCHAT_LOG_LEVEL: 'info' };
  say('Starting the control plane with an embedded PostgreSQL …');
  const controlPlane = await startControlPlane({ root, dataDir, env });
  running.push(controlPlane.process);
  say(`The control plane:                 ${controlPlane.url}  (API at ${controlPlane.url}/docs)`);
  const machines = machinesFor(repository);
  say('Enrolling three machines, which look at what they have …');
  const started = await startMachines({ root, folder: path.join(folder, 'machines'), controlPlane, machines });
  running.push(...started);
  for (const { name, about } of machines) say(`A machine, in its own process:     ${name.padEnd(6)} ${about}`);
  await sayHowCommandsRun(controlPlane, started);
  return { controlPlane, repository };
}

async function sayHowCommandsRun({ api }: ControlPlane, started: readonly Started[]): Promise<void> {
  const kinds = new Set((await api.workers()).map(({ facts }) => facts?.sandbox ?? 'none'));
  const how = kinds.has('none')
    ? 'without a sandbox: bubblewrap is not installed, and the demo’s own configuration consents to that'
    : 'in bubblewrap sandboxes';
  say(`Commands on the ${started.length} machines run:  ${how}\n`);
}

async function runDemo(model: DemoModel): Promise<DemoOutcome> {
  const began = Date.now();
  const { controlPlane, repository } = await startAll(model);
  const { api } = controlPlane;
  await api.putRepository({ url: repository.url, checks: SAMPLE_CHECKS, delivery: { mode: 'push' } });
  say(`${paint('bold', 'Submitted:')} ${SAMPLE_REQUEST}\n`);
  const { id } = await api.submit({
    description: SAMPLE_REQUEST,
    repository: { url: repository.url },
    constraints: { maxCostUsd: 2 },
  });
  const failures = running.flatMap((part) => ('failed' in part ? [part.failed as Promise<never>] : []));
  const watching = watchWork({
    api,
    workRequestId: id,
    modelLabel: model.label,
    isLive: isTerminal && !flags.json,
    say,
  });
  const work = await Promise.race([watching, ...failures]);
  const checkout = path.join(folder, 'checkout');
  const branch = work.result?.branch;
  const verified = branch ? await verifyDelivery(repository.origin, branch, checkout) : undefined;
  const [tasks, workers, costs] = await Promise.all([api.tasks(id), api.workers(), api.costs(id)]);
  const durationMs = Date.now() - began;
  const outcome: DemoOutcome = { work, tasks, workers, costs, verified, durationMs, model: model.name };
  say(renderSummary(outcome, { origin: repository.origin, checkout }));
  if (work.error) say(paint('red', `The work request failed: ${work.error.message}`));
  if (verified && !verified.passed) say(verified.output);
  return outcome;
}

async function stayUp(controlPlaneNote: string): Promise<void> {
  say(controlPlaneNote);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

async function main(): Promise<number> {
  if (flags.help) {
    say(HELP);
    return 0;
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const model = await chooseModel();
  running.push(model);
  say(`${paint('bold', 'CoorChat demo')}\n`);
  say(`Model: ${model.label}\n`);
  const onInterrupt = () => void stopAll().then(() => process.exit(130));
  process.once('SIGINT', onInterrupt);
  const outcome = await runDemo(model);
  process.removeListener('SIGINT', onInterrupt);
  if (isTerminal && !flags.exit && !flags.json) await stayUp('Everything stays up; look around. Ctrl-C stops it.');
  await stopAll();
  if (flags.json) say(jsonLine(outcome));
  return outcome.work.status === 'completed' && outcome.verified?.passed ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write(`Logs are in ${folder}.\n`);
  await stopAll();
  process.exitCode = 1;
}
