import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentCard, type StreamResponse } from '@a2a-js/sdk';
import { Client } from '@a2a-js/sdk/client';
import {
  decodeWorkerEvent,
  type GrantKey,
  LIST_TASK_EVENTS,
  type ListTaskEventsResult,
  listTaskEventsResultSchema,
  TUNNEL_BINDING_URI,
  type WorkerEvent,
} from '@coorchat/a2a';
import { newId } from '@coorchat/kernel';
import {
  callExtension,
  CLOSE,
  type Hello,
  TUNNEL_PATH,
  TunnelSession,
  tunnelServerOptions,
  TunnelTransport,
  type Verdict,
} from '@coorchat/tunnel';
import { WebSocketServer } from 'ws';

export const TOKEN = 'cce_token_for_the_tests';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** What the stub signs grants with, and publishes. */
export const GRANT_KEY: GrantKey = { kid: 'k1', privateKey: pair.privateKey };
const JWKS = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: GRANT_KEY.kid, alg: 'ES256', use: 'sig' }] };

export interface Line {
  readonly hello: Hello;
  readonly session: TunnelSession;
  readonly client: Client;
}

/** As much of a control plane as a worker needs: enrolment, endpoint registration, and the tunnel. */
export class ControlPlaneStub {
  readonly workerId = newId('worker');
  readonly orgId = newId('organization');
  /** Bound to the worker's key; the stub looks at no proof. */
  readonly accessToken = 'a.b.c';
  readonly enrolments: { name: string; proof: string }[] = [];
  readonly endpoints: { url: string; token: string }[] = [];
  readonly heartbeats: unknown[] = [];
  readonly lines: Line[] = [];
  revoked = false;
  heartbeatIntervalMs = 200;
  /** What the next worker that says hello hears. */
  verdicts: (hello: Hello) => Verdict[] = ({ held }) =>
    held.map(({ attemptId }) => ({ attemptId, verdict: 'continue' as const }));
  readonly #sockets = new WebSocketServer(tunnelServerOptions());
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { status, answer } = this.#answer(`${request.method} ${request.url}`, body, request.headers.authorization);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  #epoch = 0;

  static async start(): Promise<ControlPlaneStub> {
    const stub = new ControlPlaneStub();
    stub.#server.on('upgrade', (request, socket, head) => {
      const known = request.headers.authorization === `DPoP ${stub.accessToken}` && !stub.revoked;
      if (!known || request.url !== TUNNEL_PATH)
        return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      stub.#sockets.handleUpgrade(request, socket, head, (upgraded) => void stub.#accept(upgraded));
    });
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get line(): Line {
    const line = this.lines.at(-1);
    if (!line) throw new Error('no worker has dialled in');
    return line;
  }

  cut(): void {
    this.line.session.close(CLOSE.goingAway, 'cut by the test');
  }

  async listEvents(taskId: string, afterSeq = 0): Promise<ListTaskEventsResult> {
    const params = { taskId, afterSeq, limit: 200 };
    return listTaskEventsResultSchema.parse(await callExtension(this.line.session, LIST_TASK_EVENTS, params));
  }

  async close(): Promise<void> {
    for (const { session } of this.lines) session.close(CLOSE.goingAway, 'the test is over');
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #accept(socket: Parameters<typeof TunnelSession.accept>[0]): Promise<void> {
    let hello: Hello | undefined;
    const session = await TunnelSession.accept(socket, {
      limits: { heartbeatIntervalMs: this.heartbeatIntervalMs },
      onHello: async (said) => {
        hello = said;
        return { epoch: ++this.#epoch, verdicts: this.verdicts(said) };
      },
      onHeartbeat: (load) => this.heartbeats.push(load),
    }).catch(() => undefined);
    if (!session || !hello) return;
    const client = new Client(new TunnelTransport(session, TUNNEL_BINDING_URI), AgentCard.fromJSON(hello.card));
    this.lines.push({ hello, session, client });
  }

  #answer(call: string, body: string, authorization: string | undefined): { status: number; answer: unknown } {
    switch (call) {
      case 'POST /v1/workers/enrol': {
        const { token, name, proof } = JSON.parse(body);
        if (token !== TOKEN) return { status: 401, answer: problem(401, 'The token was used before.') };
        this.enrolments.push({ name, proof });
        const { workerId, orgId } = this;
        const clientId = newId('oauthClient');
        return { status: 201, answer: { workerId, orgId, clusterId: newId('cluster'), clientId } };
      }
      case 'GET /.well-known/oauth-authorization-server':
        return { status: 200, answer: { issuer: this.url, token_endpoint: `${this.url}/oidc/token` } };
      case 'POST /oidc/token':
        if (this.revoked) return { status: 401, answer: { error: 'invalid_client' } };
        return { status: 200, answer: { access_token: this.accessToken, token_type: 'DPoP', expires_in: 600 } };
      case 'GET /oidc/jwks':
        return { status: 200, answer: JWKS };
      case 'POST /v1/workers/self/endpoint':
        if (authorization !== `DPoP ${this.accessToken}`) return { status: 401, answer: problem(401, 'no') };
        this.endpoints.push(JSON.parse(body));
        return { status: 200, answer: {} };
    }
    return { status: 404, answer: problem(404, 'no such route') };
  }
}

function problem(status: number, detail: string) {
  return { type: 'about:blank', title: 'x', status, code: 'test.refused', detail, requestId: 'req_1' };
}

/** Reads a stream to its end; the line may be cut meanwhile. */
export async function collect(
  stream: AsyncGenerator<StreamResponse, void>,
  into: WorkerEvent[] = [],
): Promise<WorkerEvent[]> {
  for await (const response of stream) {
    const event = decodeWorkerEvent(response);
    if (event) into.push(event);
  }
  return into;
}
