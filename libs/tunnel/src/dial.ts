import { WebSocket } from 'ws';
import { type CloseInfo, maxMessageBytes } from './frame-socket.js';
import { CLOSE, TUNNEL_PATH } from './protocol.js';
import { type CredentialDemand, credentialHeaders, type ShownCredential } from './shown-credential.js';

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
  readonly credential: ShownCredential;
  readonly maxFrameBytes: number;
  readonly signal: AbortSignal;
}

export interface FailedDial extends CloseInfo {
  /** The control plane may take another credential. */
  readonly demand?: CredentialDemand;
}

function refusal(credential: ShownCredential, status: number, nonce: string | undefined): FailedDial {
  if (!UNAUTHORIZED.has(status)) return { code: 1006, reason: `The control plane answered ${status}.` };
  if (typeof credential === 'string') return { code: CLOSE.unauthorized, reason: '' };
  const demand = nonce === undefined ? { isRefused: true } : { nonce };
  return { code: 1006, reason: 'The access token was not taken.', demand };
}

/** The open socket, or why there is none. */
export function dial({ url, credential, maxFrameBytes, signal }: DialOptions): Promise<WebSocket | FailedDial> {
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: credentialHeaders(credential),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: maxMessageBytes(maxFrameBytes),
    perMessageDeflate: false,
    followRedirects: false,
  });
  const onAbort = () => socket.terminate();
  signal.addEventListener('abort', onAbort, { once: true });
  const opening = new Promise<WebSocket | FailedDial>((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', (error) => resolve({ code: 1006, reason: error.message }));
    socket.once('unexpected-response', (request, response) => {
      const nonce = response.headers['dpop-nonce'];
      request.destroy();
      resolve(refusal(credential, response.statusCode ?? 0, typeof nonce === 'string' ? nonce : undefined));
    });
  });
  return opening.finally(() => signal.removeEventListener('abort', onAbort));
}
