import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TOKEN } from './control-plane.stub.js';

const HERE = import.meta.dirname;
const SOURCES = [
  '--experimental-transform-types',
  '--no-warnings',
  '--conditions=coorchat-source',
  '--import',
  path.join(HERE, '../../support/typescript-sources.mjs'),
];

interface StartOptions {
  readonly token?: string;
  readonly args?: readonly string[];
  /** The program, instead of the one with fixture parts. */
  readonly main?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A real worker process that can be killed and started again on the same folder. */
export class WorkerUnderTest {
  readonly diary: string;
  readonly go: string;
  output = '';
  #child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly url: string,
  ) {
    this.diary = path.join(folder, 'diary');
    this.go = path.join(folder, 'go');
    writeFileSync(this.diary, '');
  }

  static async create(url: string, config: Record<string, unknown> = {}): Promise<WorkerUnderTest> {
    const worker = new WorkerUnderTest(await mkdtemp(path.join(tmpdir(), 'worker-')), url);
    const mcpServers = { owner: { command: 'unused' } };
    const whole = { mcpServers, toolchains: ['git'], log: { level: 'debug' }, ...config };
    writeFileSync(path.join(worker.folder, 'worker.json'), JSON.stringify(whole));
    return worker;
  }

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Null while it runs. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  get journey(): string[] {
    return readFileSync(this.diary, 'utf8').split('\n').filter(Boolean);
  }

  start(options: StartOptions = {}): ChildProcess {
    const main = options.main ?? [...SOURCES, path.join(HERE, 'fixture-main.ts'), this.diary];
    const args = ['start', '--url', this.url, '--name', 'tester', '--config', path.join(this.folder, 'worker.json')];
    const child = spawn(process.execPath, [...main, ...args, '--data-dir', this.dataDir, ...(options.args ?? [])], {
      env: {
        ...{ PATH: process.env.PATH, HOME: this.folder, COORCHAT_KEY_STORE: 'file' },
        ...{ COORCHAT_ENROLMENT_TOKEN: options.token ?? TOKEN, ...options.env },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk) => (this.output += chunk));
    child.stderr?.on('data', (chunk) => (this.output += chunk));
    this.#child = child;
    return child;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
