import type { Failure, FailureClass } from '@coorchat/a2a';
import { AppError, type ErrorKind, isAppError, messageOf } from '@coorchat/kernel';

export interface AttemptFailureOptions {
  readonly class: FailureClass;
  /** `worker.<what_happened>`. */
  readonly code: string;
  readonly message: string;
  readonly details?: Record<string, unknown>;
  readonly cause?: unknown;
}

/** Thrown by workspace, agent loop and tools when they know how the control plane should react. */
export class AttemptFailure extends AppError {
  readonly failureClass: FailureClass;

  constructor(options: AttemptFailureOptions) {
    super({ ...options, kind: 'precondition' });
    this.name = 'AttemptFailure';
    this.failureClass = options.class;
  }
}

const CLASS_OF_KIND: Record<ErrorKind, FailureClass> = {
  invalid: 'task',
  unauthenticated: 'transient',
  forbidden: 'task',
  not_found: 'task',
  conflict: 'transient',
  precondition: 'task',
  quota: 'budget',
  rate_limited: 'transient',
  unavailable: 'transient',
  timeout: 'transient',
  internal: 'worker',
};

const DISK_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

function systemCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** What the control plane hears of anything that was thrown during an attempt. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AttemptFailure) {
    return { class: error.failureClass, code: error.code, message: cut(error.message), details: error.details };
  }
  if (isAppError(error)) {
    return { class: CLASS_OF_KIND[error.kind], code: error.code, message: cut(error.message), details: error.details };
  }
  if (DISK_CODES.has(systemCode(error))) {
    return { class: 'worker', code: 'worker.machine_unfit', message: cut(messageOf(error)) };
  }
  return { class: 'worker', code: 'worker.unexpected', message: cut(messageOf(error)) };
}

const MAX_MESSAGE = 9_000;

function cut(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`;
}
