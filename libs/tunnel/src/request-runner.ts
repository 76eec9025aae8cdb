import { messageOf } from '@coorchat/kernel';
import { SendCredit } from './credit.js';
import type { WorkerFrame } from './protocol.js';

/** What the SDK's JSON-RPC handler returns: one response, or a stream of them. */
export type RpcAnswer = object | AsyncGenerator<object, void, undefined>;
export type RpcHandler = (request: Record<string, unknown>, context: { signal: AbortSignal }) => Promise<RpcAnswer>;

type Send = (line: string) => boolean;

const INTERNAL_ERROR = -32603;

function isStream(answer: RpcAnswer): answer is AsyncGenerator<object, void, undefined> {
  return Symbol.asyncIterator in answer;
}

function rpcIdOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'id' in body ? body.id : null;
}

/** Runs the requests of one connection and sends their answers as far as there is credit. */
export class RequestRunner {
  readonly #handler: RpcHandler;
  readonly #send: Send;
  readonly #credit: SendCredit;
  readonly #running = new Map<number, AbortController>();

  constructor(handler: RpcHandler, send: Send, creditBytes: number) {
    this.#handler = handler;
    this.#send = send;
    this.#credit = new SendCredit(creditBytes);
  }

  grant(bytes: number): void {
    this.#credit.grant(bytes);
  }

  abort(id: number): void {
    this.#running.get(id)?.abort(new Error('aborted by the control plane'));
  }

  /** The line is gone: streams stop reading from their source, which stays as it is. */
  close(): void {
    this.#credit.close();
    for (const controller of this.#running.values()) controller.abort(new Error('the line is gone'));
  }

  async run(id: number, body: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      await this.#answer(id, body, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return;
      const fault = { jsonrpc: '2.0', id: rpcIdOf(body), error: { code: INTERNAL_ERROR, message: messageOf(error) } };
      await this.#emit({ type: 'response', id, body: fault });
    } finally {
      this.#running.delete(id);
    }
  }

  async #answer(id: number, body: unknown, signal: AbortSignal): Promise<void> {
    const answer = await this.#handler(body as Record<string, unknown>, { signal });
    if (!isStream(answer)) return void (await this.#emit({ type: 'response', id, body: answer }));
    const stop = () => void answer.return();
    signal.addEventListener('abort', stop, { once: true });
    for await (const item of answer) {
      if (signal.aborted || !(await this.#emit({ type: 'item', id, body: item }))) return;
    }
    if (!signal.aborted) this.#send(JSON.stringify({ type: 'end', id } satisfies WorkerFrame));
  }

  async #emit(frame: WorkerFrame): Promise<boolean> {
    const line = JSON.stringify(frame);
    return (await this.#credit.take(line.length)) && this.#send(line);
  }
}
