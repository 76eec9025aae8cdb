import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../../tools/cluster/api.ts';
import { freePort } from '../../tools/cluster/processes.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATIENCE = { timeout: 60_000, interval: 100 };
/** Nobody has such a machine: the work waits, and can be found again. */
const NOWHERE = { kind: 'tool', title: 'Wait', needs: { labels: ['nowhere'] }, tool: { name: 'git_status' } };

interface Command {
  readonly child: ChildProcess;
  output(): string;
  /** Exit code. */
  readonly ended: Promise<number | null>;
}

let folder: string;
let dataDir: string;
let url: string;
const commands: Command[] = [];

/** What `npm start` and `npm run reset` run. */
function command(name: 'start' | 'reset'): Command {
  const env = { ...process.env, COORCHAT_DATA_DIR: dataDir, COORCHAT_PORT: new URL(url).port, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, ['tools/bootstrap.mjs', name], { cwd: ROOT, env, stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const started = { child, output: () => output, ended: once(child, 'close').then(([code]) => code as number | null) };
  commands.push(started);
  return started;
}

async function started(): Promise<Command> {
  const start = command('start');
  await expect.poll(start.output, PATIENCE).toContain('Ctrl-C stops both');
  return start;
}

async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    all.flatMap(([child = 0, its]) => (its === parent ? [child, ...below(child)] : []));
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function interrupt({ child, ended }: Command): Promise<void> {
  const below = await descendantsOf(child.pid ?? 0);
  expect(below.length).toBeGreaterThan(3);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  await expect.poll(() => below.filter(isAlive), PATIENCE).toEqual([]);
}

const api = async () => new Api(url, (await readFile(path.join(dataDir, 'admin.key'), 'utf8')).trim());

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coorchat-start-'));
  dataDir = path.join(folder, 'data');
  url = `http://127.0.0.1:${await freePort()}`;
});
afterAll(async () => {
  for (const { child, ended } of commands) {
    child.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

it('starts once, stops without a trace on Ctrl-C, and finds its data and its worker again', async () => {
  const first = await started();
  for (const text of [url, `${url}/docs`, path.join(dataDir, 'admin.key'), 'local (']) {
    expect(first.output()).toContain(text);
  }
  const before = await (await api()).workers();
  expect(before).toMatchObject([{ name: 'local', status: 'online' }]);
  const { id } = await (await api()).submit({ description: 'Wait', plan: { tasks: [{ key: 'wait', ...NOWHERE }] } });

  const [second, reset] = [command('start'), command('reset')];
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`CoorChat is already running at ${url}`);
  expect(await reset.ended).toBe(1);
  expect(reset.output()).toContain('Stop it first');
  await interrupt(first);

  const again = await started();
  expect((await (await api()).workers()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(await (await api()).work(id)).toMatchObject({ id, status: 'executing', description: 'Wait' });
  await interrupt(again);

  const clear = command('reset');
  expect(await clear.ended).toBe(0);
  expect(existsSync(dataDir)).toBe(false);
});
