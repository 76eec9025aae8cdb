import type { IncomingHttpHeaders } from 'node:http';

/** The secret of `Authorization: Bearer …`, undefined for anything else. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +([^\s]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];
}
