import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Constraints, WorkEvent, WorkView } from '@coorchat/contracts';
import { FakeClaude, type FakeScript, TcpProxy } from '@coorchat/testing';
import { expect } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { startMachines, startWorker } from '../../tools/cluster/machines.ts';
import type { Started } from '../../tools/cluster/processes.ts';
import { makeSampleRepository, SAMPLE_CHECKS, type SampleRepository } from '../../tools/demo/sample-repository.ts';
import { scriptedAnswer } from '../../tools/demo/scripted-model.ts';
import { verifyDelivery } from '../../tools/demo/verify-delivery.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PATIENCE = { timeout: 60_000, interval: 50 };
const NAME = 'solo';
/** Answers that the script gives for the one agent task. */
const ANSWERS = 5;

/** Something that nobody catches, at a signal. */
const FAULT_ON_DEMAND = `process.on('SIGUSR2', () => void Promise.reject(new Error('a bug')))`;

const TASKS = [
  { key: 'fix-cart', kind: 'agent', title: 'Mend the cart', description: 'The cart adds up wrong.' },
  {
    key: 'check',
    kind: 'tool',
    title: 'Check',
    tool: { server: 'toolbox', name: 'run_tests', arguments: { check: 'cart' } },
    dependsOn: ['fix-cart'],
  },
];

/** A real control plane and a real worker, each in its process, a proxy between them, and a scripted model. */
export class Shop {
  #plane: ControlPlane | undefined;
  #proxy: TcpProxy | undefined;
  #worker: Started | undefined;
  /** Answers of this request that nobody lived to hear: they are asked for again. */
  #unheard = 0;

  private constructor(
    private readonly folder: string,
    readonly claude: FakeClaude,
    readonly repository: SampleRepository,
    /** Calls that the model thinks about. */
    private readonly thinking: Set<number>,
  ) {}

  static async open(script: FakeScript = scriptedAnswer): Promise<Shop> {
    const folder = await mkdtemp(path.join(tmpdir(), 'coorchat-e2e-'));
    await mkdir(path.join(folder, 'control-plane'), { recursive: true });
    const thinking = new Set<number>();
    const claude = await FakeClaude.start(noting(thinking, script));
    const shop = new Shop(folder, claude, await makeSampleRepository(folder), thinking);
    await shop.startPlane();
    shop.#proxy = await TcpProxy.start({ port: Number(new URL(shop.plane.url).port) });
    const { url, clone } = shop.repository;
    const machine = { name: NAME, about: '', labels: [], maxConcurrent: 1, repositories: [clone] };
    const controlPlane = { url: shop.#workerUrl, api: shop.plane.api };
    [shop.#worker] = await startMachines({ root: ROOT, folder: shop.#machines, controlPlane, machines: [machine] });
    await shop.plane.api.putRepository({ url, checks: SAMPLE_CHECKS, delivery: { mode: 'push' } });
    return shop;
  }

  get plane(): ControlPlane {
    if (!this.#plane) throw new Error('The control plane has not started.');
    return this.#plane;
  }

  get proxy(): TcpProxy {
    if (!this.#proxy) throw new Error('The proxy has not started.');
    return this.#proxy;
  }

  /** On the port that it had before. */
  async startPlane(): Promise<void> {
    this.#plane = await startControlPlane({
      root: ROOT,
      dataDir: path.join(this.folder, 'control-plane'),
      env: {
        ANTHROPIC_API_KEY: 'scripted',
        ANTHROPIC_BASE_URL: this.claude.url,
        COORCHAT_ALLOW_FILE_REMOTES: 'true',
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FAULT_ON_DEMAND)}`,
      },
      ...(this.#plane ? { port: Number(new URL(this.#plane.url).port) } : {}),
    });
  }

  startWorker(): void {
    this.#worker = startWorker({ root: ROOT, folder: this.#machines, url: this.#workerUrl, name: NAME });
  }

  killPlane(): Promise<void> {
    this.#unheard += this.thinking.size;
    return kill(this.plane.process);
  }

  /** @returns the exit code */
  async breakPlane(): Promise<number | null> {
    const { child, failed } = this.plane.process;
    child.kill('SIGUSR2');
    await failed.catch(() => undefined);
    return child.exitCode;
  }

  async killWorker(): Promise<void> {
    this.#unheard += this.thinking.size;
    if (this.#worker) await kill(this.#worker);
  }

  async close(): Promise<void> {
    await this.#worker?.stop();
    await this.#plane?.process.stop();
    await this.#proxy?.close();
    await this.claude.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Without tasks of one's own: one for an agent, and one that runs the tests. */
  async submit(constraints: Constraints = {}, tasks: readonly object[] = TASKS): Promise<string> {
    this.#unheard = 0;
    const body = { description: 'Mend the cart', repository: { url: this.repository.url }, constraints };
    return (await this.plane.api.submit({ ...body, plan: { tasks } })).id;
  }

  /** Where the worker keeps what it works on. */
  get attemptsDir(): string {
    return path.join(this.#machines, NAME, 'worker', 'attempts');
  }

  /** The history so far. */
  async history(id: string): Promise<WorkEvent[]> {
    const { lastEventSeq } = await this.plane.api.work(id);
    const events: WorkEvent[] = [];
    for await (const event of this.plane.api.events(id, 0)) {
      events.push(event);
      if (event.seq >= lastEventSeq) break;
    }
    return events;
  }

  /** The agent's task is under way then, some answers paid and others not. */
  async untilItRunsTheTests(id: string): Promise<void> {
    for await (const { data } of this.plane.api.events(id, 0)) {
      if (JSON.stringify(data).includes('run_tests cart')) return;
    }
  }

  async ended(id: string, status: WorkView['status']): Promise<WorkView> {
    await expect.poll(async () => (await this.plane.api.work(id)).status, PATIENCE).toBe(status);
    return this.plane.api.work(id);
  }

  /** One result, one attempt per task, a history without a gap, and each answer of the model paid once. */
  async expectUndisturbed(id: string, answersBefore: number): Promise<void> {
    const work = await this.ended(id, 'completed');
    const events = await this.history(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const ends = events.filter(({ type }) => type === 'task.completed').map(({ taskId }) => taskId);
    const tasks = await this.plane.api.tasks(id);
    expect(ends.sort()).toEqual(tasks.map((task) => task.id).sort());
    expect(tasks.map(({ attempts }) => attempts.length)).toEqual(tasks.map(() => 1));
    const asked = ANSWERS + this.#unheard;
    expect(this.claude.calls.length - answersBefore).toBe(asked);
    const costs = await this.plane.api.costs(id);
    // An answer that nobody heard is charged where the control plane lived to see it.
    expect(costs.length).toBeGreaterThanOrEqual(ANSWERS);
    expect(costs.length).toBeLessThanOrEqual(asked);
    expect(costs.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(work.costUsd, 6);
    const checkout = path.join(this.folder, 'checkout');
    const delivered = await verifyDelivery(this.repository.origin, work.result?.branch ?? '', checkout);
    expect(delivered).toMatchObject({ passed: true });
  }

  get #machines(): string {
    return path.join(this.folder, 'machines');
  }

  get #workerUrl(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }
}

/** Knows which calls were asked and not answered yet. */
function noting(thinking: Set<number>, script: FakeScript): FakeScript {
  return async (call) => {
    thinking.add(call.number);
    const turn = await script(call);
    const after = 'after' in turn ? turn.after : undefined;
    void Promise.resolve(after).finally(() => thinking.delete(call.number));
    return turn;
  };
}

async function kill({ child, failed }: Started): Promise<void> {
  child.kill('SIGKILL');
  await failed.catch(() => undefined);
}
