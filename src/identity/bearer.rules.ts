import type { IncomingHttpHeaders } from 'node:http';

/** The secret of `Authorization: Bearer …`, undefined for anything else. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +([^\s]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];
}

/** Header of the Agent Card's `apiKey` scheme. */
export const API_KEY_HEADER = 'x-api-key';

/** A bearer, or the key in its own header; `Authorization` wins. */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  if (headers.authorization !== undefined) return bearerOf(headers);
  const key = headers[API_KEY_HEADER];
  return typeof key === 'string' && /^cck_[^\s]{1,200}$/.test(key) ? key : undefined;
}
