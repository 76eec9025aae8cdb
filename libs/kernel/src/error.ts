/** The closed set of ways in which an operation can fail. Rims translate each kind exhaustively. */
export const ERROR_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'precondition',
  'quota',
  'rate_limited',
  'unavailable',
  'timeout',
  'internal',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface AppErrorOptions {
  /** `<room>.<what_happened>`, for example `registry.worker_not_found`. Stable: clients branch on it. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** Shown to clients unless the kind is `internal`. Says what to do next where there is something to do. */
  readonly message: string;
  /** Shown to clients; never contains secrets. */
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** The one error class that rooms throw. Rooms know no HTTP status and no JSON-RPC number. */
export class AppError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails | undefined;

  constructor(options: AppErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'AppError';
    this.code = options.code;
    this.kind = options.kind;
    this.details = options.details;
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

/** What a log or an internal cause needs of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
