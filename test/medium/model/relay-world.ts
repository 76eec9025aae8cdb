import Anthropic from '@anthropic-ai/sdk';
import type { Assignment } from '@coorchat/a2a';
import type { CostView, WorkView } from '@coorchat/contracts';
import { FakeClaude, type FakeScript, type FakeTurn } from '@coorchat/testing';
import { expect } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { type Script, ScriptedWorker } from '../../support/scripted-worker.js';

export const MODEL = 'claude-opus-5-5';
export const UPSTREAM_KEY = 'key-of-the-control-plane';

export interface RunningAttempt {
  readonly workRequestId: string;
  readonly assignment: Assignment;
  /** Lets the worker report the end. */
  readonly finish: () => void;
}

/** A control plane before a scripted model, and a worker whose attempts last until they are told to end. */
export class RelayWorld {
  /** The model's next answer. */
  turn: FakeTurn = { text: 'Hello.' };
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  #worker: ScriptedWorker | undefined;
  #calls = 0;

  private constructor(
    readonly plane: TestControlPlane,
    readonly claude: FakeClaude,
  ) {}

  static async start({
    apiKey = UPSTREAM_KEY,
    ...fields
  }: { apiKey?: string | null; shutdownGraceMs?: number } = {}): Promise<RelayWorld> {
    let world: RelayWorld | undefined = undefined;
    const script: FakeScript = () => (world as RelayWorld | undefined)?.turn ?? { text: '' };
    const claude = await FakeClaude.start(script);
    const models = { defaultModel: MODEL, plannerModel: MODEL };
    const model = { apiKey: apiKey ?? undefined, baseUrl: claude.url, ...models };
    world = new RelayWorld(await TestControlPlane.start({ model, ...fields }), claude);
    world.#worker = await ScriptedWorker.enrol(world.plane, { script: world.#script() });
    return world;
  }

  async close(): Promise<void> {
    await this.#worker?.stop();
    await this.plane.close();
    await this.claude.close();
  }

  #script(): Script {
    const gates = this.#gates;
    return async function* ({ attemptId }) {
      const gate = Promise.withResolvers<void>();
      gates.set(attemptId, gate);
      yield { state: 'working' };
      await gate.promise;
      yield {
        state: 'completed',
        result: { summary: 'done', commits: null, checks: [], prepared: null, transcript: null },
      };
    };
  }

  /** Submits work of one agent task and waits until the worker has it. */
  async attempt(maxCostUsd = 50): Promise<RunningAttempt> {
    const plan = { tasks: [{ key: 'a', kind: 'agent', title: 'A' }] };
    const body = { description: 'x', plan, constraints: { maxCostUsd } };
    const { id } = await this.plane.call<WorkView>('POST', '/v1/work-requests', body);
    const find = () =>
      [...(this.#worker?.held.values() ?? [])].find((held) => held.assignment.grant.workRequestId === id);
    await expect.poll(find, { timeout: 20_000 }).toBeDefined();
    const assignment = find()?.assignment;
    if (!assignment) throw new Error('no attempt');
    return { workRequestId: id, assignment, finish: () => this.#gates.get(assignment.attemptId)?.resolve() };
  }

  /** The official SDK as a worker uses it. */
  client({ assignment }: RunningAttempt, headers: Record<string, string | null> = {}): Anthropic {
    return new Anthropic({
      apiKey: null,
      authToken: assignment.api.token,
      baseURL: `${this.plane.url}/attempt-api/model`,
      maxRetries: 0,
      defaultHeaders: { 'x-coorchat-call-id': this.callId(assignment.attemptId), ...headers },
    });
  }

  callId(attemptId: string): string {
    return `${attemptId}-${++this.#calls}`;
  }

  /** A call without the SDK. */
  post({ assignment }: RunningAttempt, headers: Record<string, string>, body: object = ask()): Promise<Response> {
    return fetch(`${this.plane.url}/attempt-api/model/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${assignment.api.token}`,
        'x-coorchat-call-id': this.callId(assignment.attemptId),
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  async costs({ workRequestId }: RunningAttempt): Promise<CostView[]> {
    return (await this.plane.call<{ items: CostView[] }>('GET', `/v1/costs?workRequestId=${workRequestId}`)).items;
  }

  async allowKeysOfWorkers(): Promise<void> {
    const { uow } = this.plane.database;
    const [org] = await uow.system('health.check', (tx) => tx.sql<{ id: string }>`SELECT id FROM organization`);
    await uow.tenant({ orgId: org?.id ?? '' }, async (tx) => {
      await tx.sql`UPDATE cluster SET allow_worker_model_key = true`;
    });
  }

  async heldMicros({ workRequestId }: RunningAttempt): Promise<number> {
    const rows = await this.plane.database.uow.system(
      'commerce.sweep',
      (tx) =>
        tx.sql<{ held: number }>`SELECT held_micros::int AS held FROM budget WHERE work_request_id = ${workRequestId}`,
    );
    return rows[0]?.held ?? -1;
  }
}

export const ask = (more: object = {}) => ({
  model: MODEL,
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content: 'Say hello.' }],
  ...more,
});
