import { type HttpAnswer, httpCall } from './http-call.js';

export interface JsonPost {
  readonly url: string;
  readonly body: unknown;
  readonly timeoutMs: number;
}

export type JsonAnswer = Pick<HttpAnswer, 'status' | 'body'>;

/** @throws the error of the connection, or a TimeoutError */
export async function postJson({ url, body, timeoutMs }: JsonPost): Promise<JsonAnswer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await httpCall({ url, method: 'POST', headers, body: JSON.stringify(body), timeoutMs });
  return { status: answer.status, body: answer.body };
}
