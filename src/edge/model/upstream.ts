import type { IncomingHttpHeaders } from 'node:http';

const PASSED_ON = ['anthropic-version', 'content-type'] as const;
const PASSED_BACK = ['content-type', 'request-id', 'retry-after', 'anthropic-ratelimit-requests-reset'] as const;

export interface UpstreamRequest {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Longer than any answer takes: an upstream that says nothing for this long is given up. */
const TIMEOUT_MS = 15 * 60_000;

function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Sends the call on under the control plane's own key; nothing else of the worker's request goes along. */
export function callUpstream({ baseUrl, apiKey, headers, body, signal }: UpstreamRequest): Promise<Response> {
  return fetch(`${baseUrl.replace(/\/$/, '')}/v1/messages`, {
    method: 'POST',
    headers: { ...passedOn(headers), authorization: `Bearer ${apiKey}`, 'x-api-key': apiKey },
    body,
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
}

export function passedBack(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    PASSED_BACK.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
