import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface JsonPost {
  readonly url: string;
  readonly body: unknown;
  readonly timeoutMs: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Undefined when the answer is not JSON. */
  readonly body: unknown;
}

/**
 * One POST, redirects not followed. Not `fetch`, and not `import`: either loads node's whole web client, and the
 * eight megabytes would stay for as long as the worker lives.
 *
 * @throws the error of the connection, or a TimeoutError
 */
export async function postJson(post: JsonPost): Promise<JsonAnswer> {
  const signal = AbortSignal.timeout(post.timeoutMs);
  try {
    const response = await send(post, signal);
    return { status: response.statusCode ?? 0, body: parsed(await text(response)) };
  } catch (error) {
    signal.throwIfAborted();
    // One for each address of the name, itself without a message.
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function send({ url, body }: JsonPost, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const headers = { 'content-type': 'application/json', accept: 'application/json', connection: 'close' };
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, signal }, resolve).on('error', reject).end(JSON.stringify(body));
  });
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
