import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** A request for oidc-provider, whose body was read already. */
interface ProtocolRequest {
  readonly request: FastifyRequest;
  /** The issuer's URL: the library makes cookies and addresses by it, not by what a caller writes into `Host`. */
  readonly publicUrl: string;
  readonly body: string | undefined;
}

function headersOf({ request, publicUrl, body }: ProtocolRequest): IncomingMessage['headers'] {
  const { 'transfer-encoding': _, cookie, ...headers } = request.headers;
  const { protocol, host } = new URL(publicUrl);
  return {
    ...headers,
    ...(cookie !== undefined && { cookie: withoutSession(cookie) }),
    host,
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-host': host,
    'x-forwarded-for': request.ip,
    'x-request-id': request.id,
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
  };
}

/** Who is signed in, our own session says at each request; the library's must not remember anybody else. */
function withoutSession(cookie: string): string {
  return cookie
    .split(/; */)
    .filter((each) => !/^(__Host-)?coorchat-oidc(\.sig)?=/.test(each))
    .join('; ');
}

export function protocolRequest(parts: ProtocolRequest): IncomingMessage {
  const { raw } = parts.request;
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor, socket } = raw;
  const stream = Readable.from(parts.body === undefined ? [] : [Buffer.from(parts.body)]);
  const shown = { method, url, httpVersion, httpVersionMajor, httpVersionMinor, socket, connection: socket };
  return Object.assign(stream, { ...shown, headers: headersOf(parts) }) as unknown as IncomingMessage;
}
