import type { Problem } from '@coorchat/contracts';
import { AppError, type ErrorKind } from '@coorchat/kernel';
import { HttpFault } from './http.errors.js';

export const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 409,
  quota: 403,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Body too large',
  414: 'URL too long',
  415: 'Unsupported media type',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Unavailable',
  504: 'Timeout',
};

const TYPE_BASE = 'https://coorchat.io/problems/';

function problem(fault: Pick<HttpFault, 'status' | 'code' | 'message' | 'details'>, requestId: string): Problem {
  return {
    type: TYPE_BASE + fault.code,
    title: TITLES[fault.status] ?? 'Error',
    status: fault.status,
    code: fault.code,
    detail: fault.message,
    requestId,
    ...(fault.details === undefined ? {} : { details: { ...fault.details } }),
  };
}

function internal(requestId: string): Problem {
  const message = 'Something went wrong on our side. Report the request id if it goes on.';
  return problem({ status: 500, code: 'http.internal', message, details: undefined }, requestId);
}

/** Total: anything that was thrown becomes a problem document that shows nothing internal. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof HttpFault) return problem(error, requestId);
  if (!(error instanceof AppError) || error.kind === 'internal') return internal(requestId);
  return problem({ ...error, message: error.message, status: STATUS_OF_KIND[error.kind] }, requestId);
}
