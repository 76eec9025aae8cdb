import { type Assignment, assignmentSchema, machineExtension, sentAssignmentSchema } from '@coorchat/a2a';
import type { EnrolledWorker, MachineFacts, WorkView } from '@coorchat/contracts';
import { TUNNEL_PATH } from '@coorchat/tunnel';
import { decodeJwt } from 'jose';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { WorkerKey } from '../../../apps/worker/src/enrolment/worker-key.js';
import type { WorkerTokens } from '../../../apps/worker/src/enrolment/worker-tokens.js';
import { ScriptedWorker } from '../../support/scripted-worker.js';
import { enrolment, tokensOf } from '../../support/worker-identity.js';
import type { TwoOrganizations } from './two-organizations.js';

type Frame = Readonly<Record<string, unknown>>;

const FACTS: MachineFacts = {
  ...{ platform: 'linux', architecture: 'x86_64', cpuCores: 4, memoryMb: 8000, diskFreeMb: 80_000, gpu: null },
  ...{ labels: [], toolchains: [], repositories: [], sandbox: 'bubblewrap', maxConcurrent: 8, mcpServers: [] },
};

function cardOf(name: string): object {
  const capabilities = { streaming: true, extensions: [machineExtension(FACTS)] };
  const none = { supportedInterfaces: [], securityRequirements: [], skills: [], signatures: [] };
  const modes = { defaultInputModes: [], defaultOutputModes: [], securitySchemes: {} };
  return { name, description: 'of a liar', version: '1.0.0', capabilities, ...none, ...modes };
}

const PATIENCE = { timeout: 20_000 };

export async function submitted(world: TwoOrganizations, as: 'a' | 'b'): Promise<string> {
  const plan = { tasks: [{ key: 'a', kind: 'agent', title: `of ${as.toUpperCase()}` }] };
  const body = { description: `of ${as.toUpperCase()}`, constraints: {}, plan };
  return (await world.as(as).call<WorkView>('POST', '/v1/work-requests', body)).id;
}

/** That a machine of A got a token is written down some seconds later. */
export async function tokenNoted(world: TwoOrganizations, name: string): Promise<void> {
  await vi.waitUntil(async () => {
    const clients = (await world.rowsOfA())['oauth_client'] ?? [];
    return clients.some((client) => client['name'] === name && client['last_used_at'] !== null);
  }, PATIENCE);
}

/** A machine of A takes what A has to do, says that it is at work, and falls silent: its attempt stays live. */
export async function attemptOfA(world: TwoOrganizations): Promise<Assignment> {
  const worker = await ScriptedWorker.enrol(world.as('a'), {
    name: 'of A at work',
    script: async function* () {
      yield { state: 'working' };
      await new Promise(() => undefined);
    },
  });
  const [held] = await vi.waitUntil(() => {
    const found = [...worker.held.values()];
    return found.length > 0 && found.every(({ assignment }) => worker.acked.has(assignment.attemptId)) && found;
  }, PATIENCE);
  await worker.stop({ graceMs: 0 });
  await tokenNoted(world, 'of A at work');
  if (!held) throw new Error('no attempt');
  return held.assignment;
}

/** Who a worker is: what it shows when it dials. */
export interface Identity {
  readonly workerId: string;
  readonly tokens: WorkerTokens;
}

export async function enrolled(world: TwoOrganizations, as: 'a' | 'b', name: string): Promise<Identity> {
  const { token } = await world.as(as).call<{ token: string }>('POST', '/v1/enrolment-tokens', {});
  const key = WorkerKey.generate();
  const body = await enrolment(token, name, key);
  const worker = await world.as(as).call<EnrolledWorker>('POST', '/v1/workers/enrol', body);
  return { workerId: worker.workerId, tokens: tokensOf(world.plane.url, worker, key) };
}

/** A worker that writes its frames by hand, and says what it likes. */
export class LyingWorker {
  readonly heard: Frame[] = [];
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data) => {
      for (const line of String(data).split('\n')) this.heard.push(JSON.parse(line) as Frame);
    });
  }

  static async dial(world: TwoOrganizations, { tokens }: Identity): Promise<LyingWorker> {
    let nonce: string | undefined;
    for (;;) {
      const { token, proof } = await tokens.show('GET', TUNNEL_PATH, { nonce });
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      const socket = new WebSocket(`ws://127.0.0.1:${world.plane.port}${TUNNEL_PATH}`, { headers });
      const worker = new LyingWorker(socket);
      const outcome = await new Promise<string | undefined>((resolve, reject) => {
        socket.once('open', () => resolve(undefined));
        socket.once('error', reject);
        socket.once('unexpected-response', (_request, response) => {
          const asked = response.headers['dpop-nonce'];
          if (typeof asked === 'string' && nonce === undefined) resolve(asked);
          else reject(new Error(`The upgrade was refused: ${response.statusCode}`));
        });
      });
      if (outcome === undefined) return worker;
      nonce = outcome;
      socket.on('error', () => undefined).terminate();
    }
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  hello(held: readonly object[] = [], name = 'liar'): void {
    this.send({ type: 'hello', versions: [1], card: cardOf(name), features: ['task/v1'], held });
  }

  send(...frames: readonly Frame[]): void {
    this.#socket.send(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  frame(type: string): Promise<Frame> {
    return vi.waitUntil(() => this.heard.find((frame) => frame['type'] === type), PATIENCE);
  }

  /** The request of this method. */
  request(method: string): Promise<{ id: number; body: { id: unknown; params: Record<string, unknown> } }> {
    const find = () =>
      this.heard.find(({ type, body }) => type === 'request' && (body as Frame | undefined)?.['method'] === method);
    return vi.waitUntil(find as () => never, PATIENCE);
  }

  /** What it was given to do. */
  async assignment(): Promise<Assignment> {
    const { body } = await this.request('SendStreamingMessage');
    const { parts } = body.params['message'] as { parts: { data: unknown }[] };
    const sent = sentAssignmentSchema.parse(parts[0]?.data);
    return assignmentSchema.parse({ ...sent, grant: decodeJwt(sent.grant)['grant'] });
  }

  async hangUp(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
