import { WebSocket } from 'ws';
import { type CloseInfo, maxMessageBytes } from './frame-socket.js';
import { CLOSE, TUNNEL_PATH } from './protocol.js';

const HANDSHAKE_TIMEOUT_MS = 15_000;
const UNAUTHORIZED = new Set([401, 403]);

/** The `ws:` or `wss:` address of the tunnel below the public URL of a control plane. */
export function tunnelUrl(publicUrl: string): string {
  const url = new URL(publicUrl);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${TUNNEL_PATH}`;
  return url.href;
}

export interface DialOptions {
  readonly url: string;
  readonly credential: string;
  readonly maxFrameBytes: number;
  readonly signal: AbortSignal;
}

/** The open socket, or why there is none. */
export function dial({ url, credential, maxFrameBytes, signal }: DialOptions): Promise<WebSocket | CloseInfo> {
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${credential}` },
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: maxMessageBytes(maxFrameBytes),
    perMessageDeflate: false,
    followRedirects: false,
  });
  const onAbort = () => socket.terminate();
  signal.addEventListener('abort', onAbort, { once: true });
  const opening = new Promise<WebSocket | CloseInfo>((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', (error) => resolve({ code: 1006, reason: error.message }));
    socket.once('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      request.destroy();
      const reason = UNAUTHORIZED.has(status) ? '' : `The control plane answered ${status}.`;
      resolve({ code: UNAUTHORIZED.has(status) ? CLOSE.unauthorized : 1006, reason });
    });
  });
  return opening.finally(() => signal.removeEventListener('abort', onAbort));
}
