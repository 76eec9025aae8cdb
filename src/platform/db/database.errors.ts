import { AppError } from '@coorchat/kernel';

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}

/** SQLSTATE of a driver's error, also of one that came through Prisma. */
export function sqlState(error: unknown): string | undefined {
  if (field(error, 'name') === 'DriverAdapterError' || field(error, 'code') === undefined) {
    const cause = field(error, 'cause');
    const original = field(cause, 'originalCode');
    if (typeof original === 'string') return original;
    return cause === undefined ? undefined : sqlState(cause);
  }
  const code = field(error, 'code');
  if (typeof code === 'string' && /^P\d{4}$/.test(code)) {
    return sqlState(field(field(error, 'meta'), 'driverAdapterError')) ?? PRISMA_STATES[code];
  }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

const PRISMA_STATES: Readonly<Record<string, string>> = { P2002: '23505', P2003: '23503', P2034: '40001' };

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const STALE_PLAN = '0A000';

/** Faults after which the same transaction may succeed. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK || isStalePlan(error);
}

/** A migration changed a table under a prepared statement: a new connection plans it anew. */
export function isStalePlan(error: unknown): boolean {
  return sqlState(error) === STALE_PLAN && String(field(error, 'message')).includes('cached plan');
}

/** @param constraint name of the constraint or index; any when absent. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  return constraint === undefined || JSON.stringify(details(error)).includes(constraint);
}

function details(error: unknown): unknown {
  return [field(error, 'constraint'), field(error, 'meta'), field(error, 'cause'), field(error, 'message')];
}

const CONNECTION_FAULTS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT']);

function isConnectionFault(error: unknown): boolean {
  const code = field(error, 'code');
  const message = String(field(error, 'message'));
  if (typeof code === 'string' && (CONNECTION_FAULTS.has(code) || /^(08|57P0)/.test(code))) return true;
  return /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/.test(
    message,
  );
}

/** What leaves the unit of work: our own errors as they are, faults of the database under names of ours. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (isConnectionFault(error)) {
    return new AppError({
      code: 'platform.database_unavailable',
      kind: 'unavailable',
      message: 'The database does not answer. Try again.',
      cause: error,
    });
  }
  if (sqlState(error) === '57014') {
    return new AppError({
      code: 'platform.database_timeout',
      kind: 'timeout',
      message: 'The database took too long. Try again.',
      cause: error,
    });
  }
  if (isRetryable(error)) {
    return new AppError({
      code: 'platform.database_contended',
      kind: 'unavailable',
      message: 'Too many changes at the same time. Try again.',
      cause: error,
    });
  }
  return error;
}

export function transactionClosed(): AppError {
  return new AppError({
    code: 'platform.transaction_closed',
    kind: 'internal',
    message: 'A transaction was used outside its body: await everything inside the body.',
  });
}

export function nestedTransaction(): AppError {
  return new AppError({
    code: 'platform.nested_transaction',
    kind: 'internal',
    message: 'A transaction was opened inside another one: pass tx on, or wait for the commit (afterCommit).',
  });
}

export function transactionAborted(): AppError {
  return new AppError({
    code: 'platform.transaction_aborted',
    kind: 'internal',
    message: 'A statement failed, its error was swallowed, and so the transaction could not commit.',
  });
}
