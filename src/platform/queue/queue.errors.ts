import { AppError, type ErrorKind, isAppError } from '@coorchat/kernel';

export function handlerMissing(names: readonly string[]): AppError {
  return new AppError({
    code: 'platform.job_without_handler',
    kind: 'internal',
    message: `No handler for: ${names.join(', ')}. Register one with JobHandlers.handle before the application starts.`,
  });
}

export function handlerTwice(name: string): AppError {
  return new AppError({
    code: 'platform.job_with_two_handlers',
    kind: 'internal',
    message: `${name} has two handlers.`,
  });
}

/** Whether the same job may succeed later. */
const WORTH_RETRYING: Readonly<Record<ErrorKind, boolean>> = {
  invalid: false,
  unauthenticated: false,
  forbidden: false,
  not_found: false,
  conflict: true,
  precondition: false,
  quota: true,
  rate_limited: true,
  unavailable: true,
  timeout: true,
  internal: true,
};

export function isWorthRetrying(error: unknown): boolean {
  return isAppError(error) ? WORTH_RETRYING[error.kind] : true;
}
