/**
 * The line is gone. Thrown by every request and stream that was open on it; `delivered` says whether
 * the worker may have received the request: `no` is safe to repeat, `unknown` only when a repeat is
 * recognised by its message id.
 */
export class TunnelClosed extends Error {
  readonly delivered: 'no' | 'unknown';
  readonly code: number;

  constructor(options: { readonly delivered: 'no' | 'unknown'; readonly code: number; readonly reason: string }) {
    super(`The tunnel closed (${options.code}): ${options.reason || 'no reason given'}`);
    this.name = 'TunnelClosed';
    this.delivered = options.delivered;
    this.code = options.code;
  }
}

/** The worker did not answer within the caller's time. Unless `delivered` is `no`, it may still act on the request. */
export class TunnelTimeout extends Error {
  constructor(
    readonly timeoutMs: number,
    readonly delivered: 'no' | 'unknown' = 'unknown',
  ) {
    super(`The worker did not answer within ${timeoutMs} ms`);
    this.name = 'TunnelTimeout';
  }
}

/** The other side broke the binding's rules, or refused ours; the socket was closed with `code`. */
export class TunnelProtocolError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'TunnelProtocolError';
  }
}

/** A body does not fit into a frame. Nothing was sent; large content travels as blobs. */
export class FrameTooLarge extends Error {
  readonly delivered = 'no';

  constructor(
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`A frame of ${bytes} bytes is above the agreed size of ${maxBytes} bytes`);
    this.name = 'FrameTooLarge';
  }
}

/** The worker declined the request before handling it: sending it again, or elsewhere, is safe. */
export class TunnelRefused extends Error {
  readonly delivered = 'no';

  constructor(readonly reason: 'draining' | 'overloaded') {
    super(`The worker takes no requests: ${reason}`);
    this.name = 'TunnelRefused';
  }
}

/** Too much waits for this worker already. Nothing was sent. */
export class TunnelBusy extends Error {
  readonly delivered = 'no';

  constructor(message: string) {
    super(message);
    this.name = 'TunnelBusy';
  }
}

/** Both sides share no version of the binding: the worker needs an upgrade before dialling helps. */
export class TunnelVersionRefused extends Error {
  constructor(message: string) {
    super(`No common version of the tunnel: ${message}`);
    this.name = 'TunnelVersionRefused';
  }
}

/** The control plane refused the credential: a person has to act before dialling helps. */
export class TunnelUnauthorized extends Error {
  constructor(message = 'The control plane refused this worker’s credential.') {
    super(message);
    this.name = 'TunnelUnauthorized';
  }
}
