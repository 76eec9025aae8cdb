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

/** The worker did not answer within the caller's time. It may still act on the request. */
export class TunnelTimeout extends Error {
  constructor(readonly timeoutMs: number) {
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

/** The control plane refused the credential: a person has to act before dialling helps. */
export class TunnelUnauthorized extends Error {
  constructor(message = 'The control plane refused this worker’s credential.') {
    super(message);
    this.name = 'TunnelUnauthorized';
  }
}
