import { StreamResponse, Task } from '@a2a-js/sdk';
import {
  ackTaskEventsParamsSchema,
  encodeWorkerEvent,
  isTerminal,
  listTaskEventsParamsSchema,
  machineExtension,
  taskSnapshot,
  type Assignment,
  assignmentSchema,
  sentAssignmentSchema,
  type WorkerEvent,
} from '@coorchat/a2a';
import { decodeJwt } from 'jose';
import { WorkerKey } from '../../apps/worker/src/enrolment/worker-key.js';
import type { EnrolledWorker, MachineFacts } from '@coorchat/contracts';
import { type RpcAnswer, type StopOptions, TUNNEL_PATH, TunnelWorker } from '@coorchat/tunnel';
import type { TestControlPlane } from './control-plane.js';
import { enrolment, tokensOf } from './worker-identity.js';

/** What happens next in an attempt; number and time are added. */
export type Happening = Omit<WorkerEvent, 'seq' | 'at'>;
export type Script = (assignment: Assignment, canceled: Promise<void>) => AsyncGenerator<Happening, void>;

const NOTHING = { summary: 'done', commits: null, checks: [], prepared: null, transcript: null };

export async function* justDoIt(): AsyncGenerator<Happening, void> {
  await Promise.resolve();
  yield { state: 'working' };
  yield { progress: { kind: 'step', text: 'half way' } };
  yield { state: 'completed', result: NOTHING };
}

interface Held {
  readonly assignment: Assignment;
  readonly events: WorkerEvent[];
  readonly cancel: PromiseWithResolvers<void>;
  news: PromiseWithResolvers<void>;
}

const FACTS: MachineFacts = {
  platform: 'linux',
  architecture: 'x86_64',
  cpuCores: 4,
  memoryMb: 8000,
  diskFreeMb: 80_000,
  gpu: null,
  labels: [],
  toolchains: [],
  repositories: [],
  sandbox: 'bubblewrap',
  maxConcurrent: 64,
  mcpServers: ['bench'],
};

function skillCard(id: string): object {
  const lists = { tags: [], examples: [], inputModes: [], outputModes: [], securityRequirements: [] };
  return { id, name: id, description: id, ...lists };
}

function cardOf({ name, facts, skills }: ScriptedMachine): object {
  return {
    name,
    description: 'scripted',
    version: '1.0.0',
    supportedInterfaces: [],
    capabilities: { streaming: true, extensions: [machineExtension({ ...FACTS, ...facts })] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: skills.map(skillCard),
    signatures: [],
  };
}

function result(id: unknown, value: unknown): object {
  return { jsonrpc: '2.0', id, result: value };
}

interface ScriptedMachine {
  readonly name: string;
  readonly facts: Partial<MachineFacts>;
  /** Ids that it offers. */
  readonly skills: readonly string[];
}

interface ScriptedIdentity {
  readonly clientId: string;
  readonly key: WorkerKey;
}

/** A worker that follows a script, keeps a journal in memory and speaks A2A over a real tunnel. */
export class ScriptedWorker {
  readonly held: Map<string, Held>;
  /** Attempts that were started, each once. */
  readonly started: string[] = [];
  readonly acked = new Map<string, number>();
  /** It tells how an attempt ended only after it was asked to cancel it. */
  endsInSecret = false;
  readonly #tunnel: TunnelWorker;
  readonly running: Promise<void>;

  private constructor(
    readonly workerId: string,
    port: number,
    private readonly identity: ScriptedIdentity,
    private readonly machine: ScriptedMachine,
    private readonly script: Script,
    held?: Map<string, Held>,
  ) {
    this.held = held ?? new Map();
    const tokens = tokensOf(`http://127.0.0.1:${port}`, identity, identity.key);
    this.#tunnel = new TunnelWorker({
      url: `ws://127.0.0.1:${port}/tunnel/v1`,
      credential: (demand) => tokens.show('GET', TUNNEL_PATH, demand),
      handler: (request, { signal }) => Promise.resolve(this.#answer(request, signal)),
      backoff: { baseMs: 20, maxMs: 100, factor: 2, jitter: 0 },
      hooks: {
        hello: () => Promise.resolve({ card: cardOf(machine), features: ['task/v1'], held: this.#list() }),
        onWelcome: ({ verdicts }) => this.#heed(verdicts),
        onAck: (acks) => acks.forEach(({ taskId, seq }) => this.acked.set(taskId, seq)),
        onLease: () => undefined,
        onVerdict: (verdicts) => this.#heed(verdicts),
        onDrain: () => undefined,
        load: () => ({ running: 0, slots: FACTS.maxConcurrent, loadAverage: 0, memoryFreeMb: 1, diskFreeMb: 1 }),
      },
    });
    this.running = this.#tunnel.run();
  }

  /** `port`: where it dials, for a proxy in between. */
  static async enrol(
    plane: Pick<TestControlPlane, 'call' | 'port'>,
    options: Partial<ScriptedMachine> & { port?: number; script?: Script; granted?: readonly string[] } = {},
  ): Promise<ScriptedWorker> {
    const {
      name = 'scripted',
      port = plane.port,
      script = justDoIt,
      facts = {},
      skills = [],
      granted = ['*'],
    } = options;
    const { token } = await plane.call<{ token: string }>('POST', '/v1/enrolment-tokens', { skills: granted });
    const key = WorkerKey.generate();
    const body = await enrolment(token, name, key);
    const enrolled = await plane.call<EnrolledWorker>('POST', '/v1/workers/enrol', body);
    const identity = { key, clientId: enrolled.clientId };
    return new ScriptedWorker(enrolled.workerId, port, identity, { name, facts, skills }, script);
  }

  /** The same machine with what it holds, dialling another address. */
  redial(port: number): ScriptedWorker {
    const machine = { ...this.machine, facts: {} };
    return new ScriptedWorker(this.workerId, port, this.identity, machine, this.script, this.held);
  }

  async stop(options?: StopOptions): Promise<void> {
    await this.#tunnel.stop(options);
    await this.running;
  }

  #list() {
    return [...this.held].map(([attemptId, { assignment, events }]) => ({
      attemptId,
      fence: assignment.fence,
      lastSeq: events.length,
    }));
  }

  #heed(verdicts: readonly { attemptId: string; verdict: 'continue' | 'abandon' }[]): void {
    for (const { attemptId, verdict } of verdicts) if (verdict === 'abandon') this.held.delete(attemptId);
  }

  #answer(request: Record<string, unknown>, signal: AbortSignal): RpcAnswer {
    const { id, method } = request;
    const params = (request['params'] ?? {}) as Record<string, unknown>;
    switch (method) {
      case 'SendStreamingMessage':
        return this.#follow(id, this.#accept(params), 0, signal);
      case 'SubscribeToTask':
        return this.#known(params['id'], id, (held) => this.#follow(id, held, held.events.length, signal));
      case 'CancelTask':
        return this.#known(params['id'], id, (held) => {
          held.cancel.resolve();
          if (hasEnded(held)) return { jsonrpc: '2.0', id, error: { code: -32002, message: 'It is over' } };
          return result(id, Task.toJSON(taskSnapshot(held.assignment.attemptId, 'working', held.events.length)));
        });
      case 'ListTaskEvents':
        return this.#known(params['taskId'], id, (held) => result(id, this.#page(held, params)));
      case 'AckTaskEvents':
        ackTaskEventsParamsSchema.parse(params);
        return result(id, {});
      default:
        return { jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${String(method)}` } };
    }
  }

  #known(attemptId: unknown, id: unknown, answer: (held: Held) => RpcAnswer): RpcAnswer {
    const held = this.held.get(String(attemptId));
    return held ? answer(held) : { jsonrpc: '2.0', id, error: { code: -32001, message: 'Task not found' } };
  }

  #page(held: Held, params: Record<string, unknown>): object {
    const { afterSeq, limit } = listTaskEventsParamsSchema.parse(params);
    const events = held.events.slice(afterSeq, afterSeq + limit);
    return { events, lastSeq: held.events.length, ended: hasEnded(held) };
  }

  #accept(params: Record<string, unknown>): Held {
    const message = params['message'] as { parts: { data: unknown }[] };
    const sent = sentAssignmentSchema.parse(message.parts[0]?.data);
    // A real worker verifies the signature; this one believes.
    const assignment = assignmentSchema.parse({ ...sent, grant: decodeJwt(sent.grant)['grant'] });
    const known = this.held.get(assignment.attemptId);
    if (known) return known;
    const held = { assignment, events: [], cancel: Promise.withResolvers<void>(), news: Promise.withResolvers<void>() };
    this.held.set(assignment.attemptId, held);
    this.started.push(assignment.attemptId);
    void this.#play(held);
    return held;
  }

  async #play(held: Held): Promise<void> {
    for await (const happening of this.script(held.assignment, held.cancel.promise)) {
      held.events.push({ seq: held.events.length + 1, at: new Date().toISOString(), ...happening });
      if (this.endsInSecret && hasEnded(held)) await held.cancel.promise;
      held.news.resolve();
      held.news = Promise.withResolvers<void>();
    }
  }

  async *#follow(id: unknown, held: Held, from: number, signal: AbortSignal): AsyncGenerator<object, void> {
    const { attemptId } = held.assignment;
    const snapshot = taskSnapshot(attemptId, 'submitted', held.events.length);
    yield result(id, StreamResponse.toJSON({ payload: { $case: 'task', value: snapshot } }));
    for (let next = from; !signal.aborted; next++) {
      while (next >= held.events.length && !signal.aborted) {
        if (hasEnded(held)) return;
        await held.news.promise;
      }
      const event = held.events[next];
      if (event) yield result(id, StreamResponse.toJSON(encodeWorkerEvent(attemptId, event)));
    }
  }
}

function hasEnded({ events }: Held): boolean {
  const state = events.at(-1)?.state;
  return state !== undefined && isTerminal(state);
}
