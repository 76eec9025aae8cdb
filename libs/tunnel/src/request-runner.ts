import { toJsonRpcError } from '@a2a-js/sdk/errors';
import { type CreditWindows, type OutputKind, SendCredit } from './credit.js';
import type { FrameSocket } from './frame-socket.js';
import type { RequestFrame, WorkerFrame } from './protocol.js';

type Body = Record<string, unknown>;

/** What the SDK's JSON-RPC handler returns: one response, or a stream of them. */
export type RpcAnswer = object | AsyncGenerator<object, void, undefined>;

export interface RpcContext {
  /**
   * Aborts when nobody waits for the answer any more: the caller left, the line broke, the worker stops. It is
   * no cancellation of the task.
   */
  readonly signal: AbortSignal;
  /** A2A service parameters, what headers are over HTTP: `A2A-Version`, `A2A-Extensions`. */
  readonly params: Readonly<Record<string, string>>;
}

/** What it throws is answered as a JSON-RPC error. */
export type RpcHandler = (request: Body, context: RpcContext) => Promise<RpcAnswer>;

export interface RunnerOptions {
  readonly handler: RpcHandler;
  readonly frames: Pick<FrameSocket, 'sendOutput' | 'measure'>;
  readonly windows: CreditWindows;
  readonly onFault: (error: unknown) => void;
  readonly onIdle: () => void;
}

/** One request at work. It counts as long as it is in the table; what it produces later is dropped. */
interface Run {
  readonly id: number;
  readonly rpcId: unknown;
  readonly controller: AbortController;
  items: number;
  stream?: AsyncGenerator<object, void, undefined>;
}

function isStream(answer: RpcAnswer): answer is AsyncGenerator<object, void, undefined> {
  return Symbol.asyncIterator in answer;
}

/** Runs the requests of one connection and sends their answers as far as there is credit. */
export class RequestRunner {
  readonly #options: RunnerOptions;
  readonly #runs = new Map<number, Run>();
  readonly credit: SendCredit;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.credit = new SendCredit(options.windows);
  }

  get size(): number {
    return this.#runs.size;
  }

  /** `ready` holds the handler back; an abort meanwhile is heard. */
  async run({ id, body, params = {} }: RequestFrame, ready?: Promise<void>): Promise<void> {
    const run: Run = { id, rpcId: body['id'] ?? null, controller: new AbortController(), items: 0 };
    this.#runs.set(id, run);
    this.credit.open(id);
    try {
      if (ready) await ready;
      if (!this.#isCurrent(run)) return;
      await this.#answer(run, await this.#options.handler(body, { signal: run.controller.signal, params }));
    } catch (error) {
      await this.#fail(run, error);
    } finally {
      this.#forget(run);
    }
  }

  /** Nobody waits any more. The caller hears that nothing more will come. */
  abort(id: number): void {
    const run = this.#runs.get(id);
    if (!run) return;
    this.#send({ type: 'end', id, items: run.items });
    this.#stop(run, 'nobody waits for the answer');
  }

  /** The line is gone: streams stop reading from their source, which stays as it is. */
  close(): void {
    for (const run of this.#runs.values()) this.#stop(run, 'the line is gone');
  }

  #stop(run: Run, reason: string): void {
    this.#forget(run);
    run.controller.abort(new Error(reason));
    run.stream?.return().catch(() => undefined);
  }

  #forget(run: Run): void {
    if (!this.#isCurrent(run)) return;
    this.#runs.delete(run.id);
    this.credit.close(run.id);
    if (this.#runs.size === 0) this.#options.onIdle();
  }

  #isCurrent(run: Run): boolean {
    return this.#runs.get(run.id) === run;
  }

  async #answer(run: Run, answer: RpcAnswer): Promise<void> {
    if (!isStream(answer)) return this.#respond(run, answer);
    run.stream = answer;
    if (!this.#isCurrent(run)) return void (await answer.return());
    for await (const body of answer) {
      if (!(await this.#item(run, body))) return;
    }
    this.#end(run);
  }

  async #respond(run: Run, body: object): Promise<void> {
    await this.#take(run, { type: 'response', id: run.id, body: body as Body });
  }

  #item(run: Run, body: object): Promise<boolean> {
    return this.#take(run, { type: 'item', id: run.id, n: run.items + 1, body: body as Body });
  }

  /** Sends the frame once there is credit for it; false when nobody waits any more. @throws FrameTooLarge */
  async #take(run: Run, frame: WorkerFrame & { type: 'item' | 'response' }): Promise<boolean> {
    const line = JSON.stringify(frame);
    const bytes = this.#options.frames.measure(line);
    if (!(await this.#credited(run, bytes, frame.type))) return false;
    if (frame.type === 'item') run.items++;
    this.#options.frames.sendOutput(line, bytes);
    return true;
  }

  /** False when nobody waits any more; nothing is taken then. */
  async #credited({ id }: Run, bytes: number, kind: OutputKind): Promise<boolean> {
    if (this.credit.tryTake(id, bytes, kind)) return true;
    if (!(await this.credit.take(id, bytes, kind))) return false;
    if (this.#runs.has(id)) return true;
    // Credit and abort came in the same tick: what will not be sent must not be lost for the others.
    this.credit.grant({ bytes, streams: [] });
    return false;
  }

  /** An error is an answer too: the only one, or the last item of the stream. */
  async #fail(run: Run, error: unknown): Promise<void> {
    if (!this.#isCurrent(run)) return;
    this.#options.onFault(error);
    const body = { jsonrpc: '2.0', id: run.rpcId, error: toJsonRpcError(error) };
    if (!run.stream) return this.#respond(run, body);
    await this.#item(run, body);
    this.#end(run);
  }

  #end(run: Run): void {
    if (this.#isCurrent(run)) this.#send({ type: 'end', id: run.id, items: run.items });
  }

  #send(frame: WorkerFrame): void {
    this.#options.frames.sendOutput(JSON.stringify(frame));
  }
}
