import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contentOf, type FakeMessage, outputTokensOf, streamEvents } from './message-stream.js';
import {
  type FakeAnswer,
  type FakeCall,
  type FakeFailure,
  type FakeScript,
  isFailure,
  type MessagesRequest,
} from './messages-api.types.js';
import { PromptCache } from './prompt-cache.js';

async function readJson(request: IncomingMessage): Promise<MessagesRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as MessagesRequest;
}

function sendFailure(response: ServerResponse, failure: FakeFailure): void {
  const retry = failure.retryAfterSeconds === undefined ? {} : { 'retry-after': String(failure.retryAfterSeconds) };
  response.writeHead(failure.status, { 'content-type': 'application/json', ...retry });
  const message = failure.message ?? failure.errorType;
  response.end(JSON.stringify({ type: 'error', error: { type: failure.errorType, message } }));
}

function sendStream(response: ServerResponse, message: FakeMessage, answer: FakeAnswer): void {
  const { stallAfterEvents, breakAfterEvents = Number.POSITIVE_INFINITY } = answer;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${message.id}` });
  const events = streamEvents(message);
  for (const event of events.slice(0, stallAfterEvents ?? breakAfterEvents)) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  if (stallAfterEvents !== undefined) return;
  if (breakAfterEvents < events.length) response.socket?.destroySoon();
  else response.end();
}

function sendWhole(response: ServerResponse, text: string, breakAfterBytes: number): void {
  const body = Buffer.from(text);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.byteLength });
  if (breakAfterBytes >= body.byteLength) return void response.end(body);
  response.write(body.subarray(0, breakAfterBytes));
  response.socket?.destroySoon();
}

/**
 * A model that follows a script and speaks the Messages API over HTTP, streaming, tool use and cache
 * accounting included, so that the official SDK runs against it unchanged.
 */
export class FakeClaude {
  readonly calls: FakeCall[] = [];
  readonly #cache = new PromptCache();
  readonly #server: Server;
  readonly #script: FakeScript;

  private constructor(script: FakeScript) {
    this.#script = script;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendFailure(response, { status: 500, errorType: 'api_error', message: String(error) });
      });
    });
  }

  static async start(script: FakeScript, port = 0): Promise<FakeClaude> {
    const fake = new FakeClaude(script);
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0] ?? '';
    if (request.method !== 'POST' || !path.endsWith('/v1/messages')) {
      return sendFailure(response, { status: 404, errorType: 'not_found_error' });
    }
    const { headers } = request;
    const call: FakeCall = { path, body: await readJson(request), headers, number: this.calls.length + 1 };
    this.calls.push(call);
    const turn = await this.#script(call);
    if (isFailure(turn)) return sendFailure(response, turn);
    await turn.after;
    this.#answer(response, call, turn);
  }

  #answer(response: ServerResponse, call: FakeCall, answer: FakeAnswer): void {
    const content = contentOf(answer, call.number);
    const message: FakeMessage = {
      id: `msg_${call.number}`,
      type: 'message',
      role: 'assistant',
      model: call.body.model,
      content,
      stop_reason: answer.stopReason ?? (answer.toolUses?.length ? 'tool_use' : 'end_turn'),
      stop_sequence: null,
      usage: this.#cache.count(call.body, outputTokensOf(content)),
    };
    if (call.body.stream) return sendStream(response, message, answer);
    sendWhole(response, JSON.stringify(message), answer.breakAfterBytes ?? Number.POSITIVE_INFINITY);
  }
}
