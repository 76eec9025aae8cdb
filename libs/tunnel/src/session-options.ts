import type { Clock } from '@coorchat/kernel';
import type { ServerOptions } from 'ws';
import { maxMessageBytes } from './frame-socket.js';
import type { Hello, Verdict } from './protocol.js';
import type { ProvenCredential } from './shown-credential.js';

export interface SessionLimits {
  /** UTF-8 bytes of one frame; larger content travels as blobs. */
  readonly maxFrameBytes: number;
  /** What may wait here for a socket that does not drain. */
  readonly maxBufferedBytes: number;
  /** Bytes of output that may be under way or unread: in all, and per stream. */
  readonly creditBytes: number;
  readonly streamCreditBytes: number;
  /** Requests open at once on one socket. */
  readonly maxOpenRequests: number;
  /** A line on which nothing is heard for two of these in a row is given up. */
  readonly pingIntervalMs: number;
  readonly helloTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  maxFrameBytes: 4 * MIB,
  maxBufferedBytes: 64 * MIB,
  creditBytes: 8 * MIB,
  streamCreditBytes: MIB / 4,
  maxOpenRequests: 4096,
  pingIntervalMs: 10_000,
  helloTimeoutMs: 10_000,
  heartbeatIntervalMs: 15_000,
};

/** What the control plane decides about a worker that says hello. */
export interface Admittance {
  readonly epoch: number;
  readonly verdicts: readonly Verdict[];
}

/** `S` is the session class. */
export interface AcceptOptions<S> {
  readonly limits?: Partial<SessionLimits>;
  /** Throwing refuses the worker; a `TunnelProtocolError` says with which close code. */
  readonly onHello: (hello: Hello, session: S) => Promise<Admittance>;
  readonly onHeartbeat?: (load: unknown) => void;
  /** The worker's Agent Card as it is now, in place of the one of the hello. */
  readonly onCard?: (card: unknown) => void;
  /** The worker leaves when its open requests are answered; it takes no new ones. */
  readonly onDraining?: () => void;
  /** The answer to `askAuthorization`. */
  readonly onAuthorization?: (shown: ProvenCredential) => void;
  readonly clock?: Clock;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** A2A service parameters, what headers are over HTTP. */
  readonly params?: Readonly<Record<string, string>> | undefined;
}

export interface RequestOptions extends CallOptions {
  readonly timeoutMs?: number | undefined;
}

/** An item of a stream whose consumer says when it was consumed: until then its credit is withheld. */
export interface StreamItem {
  readonly body: unknown;
  readonly consumed: () => void;
}

/** The options that the control plane's `WebSocketServer` needs. */
export function tunnelServerOptions(limits: Partial<SessionLimits> = {}): ServerOptions {
  const { maxFrameBytes } = { ...DEFAULT_SESSION_LIMITS, ...limits };
  return { noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes(maxFrameBytes) };
}
