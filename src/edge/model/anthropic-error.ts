import type { ErrorKind } from '@coorchat/kernel';
import type { FastifyReply } from 'fastify';

/** Error type by which a worker's agent loop knows that no further try helps. */
export const BUDGET_EXHAUSTED = 'budget_exhausted';

/** Error type by which it knows that no call through this relay can succeed. */
const NO_MODEL_KEY = 'model_not_configured';

interface RelayFault {
  readonly status: number;
  readonly type: string;
}

/** How faults of ours look to a client of the Messages API. */
const FAULTS: Record<ErrorKind, RelayFault> = {
  invalid: { status: 400, type: 'invalid_request_error' },
  unauthenticated: { status: 401, type: 'authentication_error' },
  forbidden: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'not_found_error' },
  conflict: { status: 409, type: 'invalid_request_error' },
  precondition: { status: 400, type: NO_MODEL_KEY },
  quota: { status: 403, type: BUDGET_EXHAUSTED },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  unavailable: { status: 503, type: 'overloaded_error' },
  timeout: { status: 504, type: 'timeout_error' },
  internal: { status: 500, type: 'api_error' },
};

export function sendFault(reply: FastifyReply, kind: ErrorKind, message: string): FastifyReply {
  const { status, type } = FAULTS[kind];
  return reply.status(status).send({ type: 'error', error: { type, message } });
}
