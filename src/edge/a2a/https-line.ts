import type { Agent } from 'undici';
import { STALE_SESSION_CODE } from '@coorchat/a2a';
import { messageOf } from '@coorchat/kernel';
import { outboundAgent, outboundFault, outboundFetch as send, type OutboundPolicy } from '../../platform/http/index.js';
import { boundedText, boundedEvents } from './bounded-body.js';
import { RpcFault, readRpcAnswer } from './rpc-answer.js';

export interface HttpsLineOptions {
  readonly url: string;
  /** What the worker's listener wants to be shown. */
  readonly token: string;
  readonly policy: OutboundPolicy;
  /** For a whole answer, or until a stream begins. */
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const CARD_PATH = '.well-known/agent-card.json';
/** The worker understood and said no; every other failure says that it can not be reached. */
const REFUSALS = new Set([400, 413, 415, 422]);

/**
 * Calls to one worker as one line: the first call that gets no proper answer ends it, and so does `close`. Nothing is
 * called but the registered address, no redirect is followed, and the credential goes nowhere else.
 */
export class HttpsLine {
  readonly lost: Promise<string>;
  readonly #agent: Agent;
  readonly #end = new AbortController();
  readonly #loss = Promise.withResolvers<string>();
  #calls = 0;

  /** @throws when the address may not be called */
  constructor(private readonly options: HttpsLineOptions) {
    const fault = outboundFault(new URL(options.url), options.policy);
    if (fault !== undefined) throw new Error(`${options.url} is not called: ${fault}`);
    this.lost = this.#loss.promise;
    this.#agent = outboundAgent(options.policy);
  }

  get isOpen(): boolean {
    return !this.#end.signal.aborted;
  }

  close(reason: string): void {
    if (!this.isOpen) return;
    this.#end.abort(new Error(reason));
    this.#loss.resolve(reason);
    void this.#agent.destroy().catch(() => undefined);
  }

  async card(): Promise<unknown> {
    return (await this.#ask(new URL(CARD_PATH, this.options.url), { method: 'GET' })).json();
  }

  /** The `fetch` of the official client; whatever it asks for, the registered address is called. */
  readonly fetch: typeof fetch = (_input, init) => this.#ask(new URL(this.options.url), init ?? {});

  /** A method of the task extension. @throws RpcFault when the worker refuses */
  async call(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    this.#calls += 1;
    const response = await this.#ask(new URL(this.options.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: JSON.stringify({ jsonrpc: '2.0', id: this.#calls, method, params }),
      signal: signal ?? null,
    });
    try {
      return readRpcAnswer(await response.text());
    } catch (error) {
      if (!(error instanceof RpcFault) && response.ok) this.close(`no answer in JSON-RPC: ${messageOf(error)}`);
      if (error instanceof RpcFault && error.code === STALE_SESSION_CODE) this.close(error.message);
      throw error;
    }
  }

  async #ask(url: URL, init: RequestInit): Promise<Response> {
    this.#end.signal.throwIfAborted();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new Error('no answer in time')), this.options.timeoutMs);
    try {
      return await this.#exchange(url, init, AbortSignal.any([this.#end.signal, patience.signal]));
    } catch (error) {
      if (!init.signal?.aborted) this.close(reasonOf(error));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(
    url: URL,
    { method = 'GET', headers, body, signal }: RequestInit,
    end: AbortSignal,
  ): Promise<Response> {
    const sent = new Headers(headers);
    sent.set('authorization', `Bearer ${this.options.token}`);
    sent.set('accept-encoding', 'identity');
    const response = await send(url, {
      method,
      headers: [...sent],
      ...(typeof body === 'string' ? { body } : {}),
      signal: signal ? AbortSignal.any([end, signal]) : end,
      redirect: 'error',
      dispatcher: this.#agent,
    });
    if (!response.ok && !REFUSALS.has(response.status)) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status}`);
    }
    const type = response.headers.get('content-type') ?? '';
    const answered = { status: response.status, headers: { 'content-type': type } };
    if (type.startsWith('text/event-stream') && response.body)
      return new Response(boundedEvents(response.body), answered);
    return new Response(await boundedText(response.body, MAX_ANSWER_BYTES), answered);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return `${messageOf(error)}${cause}`;
}
