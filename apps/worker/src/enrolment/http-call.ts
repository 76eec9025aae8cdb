import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpCall {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when the answer is not JSON. */
  readonly body: unknown;
}

/**
 * One request, redirects not followed. Not `fetch`, and not `import`: either loads node's whole web client, and the
 * eight megabytes would stay for as long as the worker lives.
 *
 * @throws the error of the connection, or a TimeoutError
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal ? AbortSignal.any([timeout, call.signal]) : timeout;
  try {
    const response = await send(call, signal);
    return { status: response.statusCode ?? 0, headers: response.headers, body: parsed(await text(response)) };
  } catch (error) {
    signal.throwIfAborted();
    // One for each address of the name, itself without a message.
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function send({ url, method, headers, body }: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const all = { accept: 'application/json', connection: 'close', ...headers };
  return new Promise((resolve, reject) => {
    request(url, { method, headers: all, signal }, resolve).on('error', reject).end(body);
  });
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
