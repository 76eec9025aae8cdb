import Anthropic from '@anthropic-ai/sdk';
import { messageOf } from '@coorchat/kernel';
import { AttemptFailure } from '../attempt/attempt.errors.js';

/** Error type with which the relay refuses a call that the budget does not pay. */
export const BUDGET_EXHAUSTED = 'budget_exhausted';

/** Error type with which the relay says that nobody gave it a key. */
const NO_MODEL_KEY = 'model_not_configured';

const RETRYABLE_STATUS = new Set([408, 409, 425, 429]);
/** What a proxy answers for a control plane that is away. */
const OUTAGE_STATUS = new Set([502, 503, 504]);
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EAI_AGAIN']);
const CLIENT_ERRORS_FROM = 400;
const SERVER_ERRORS_FROM = 500;

function errorTypeOf(error: { readonly error: unknown }): string | undefined {
  const body = error.error as { error?: { type?: unknown } } | undefined;
  return typeof body?.error?.type === 'string' ? body.error.type : undefined;
}

/** Whether the same call may succeed a moment later: rate limits, overload, faults of server or line. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof Anthropic.APIUserAbortError || error instanceof AttemptFailure) return false;
  if (error instanceof Anthropic.APIError && error.status !== undefined) {
    return (
      RETRYABLE_STATUS.has(error.status) || error.status >= SERVER_ERRORS_FROM || error.status < CLIENT_ERRORS_FROM
    );
  }
  return true;
}

/** Whether nobody was there to ask, so that nothing was paid: a control plane that restarts, a network that is away. */
export function isOutage(error: unknown): boolean {
  if (error instanceof Anthropic.APIConnectionError) return UNREACHABLE.has(codeOf(error) ?? '');
  return error instanceof Anthropic.APIError && OUTAGE_STATUS.has(error.status ?? 0);
}

function codeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return undefined;
}

/** Milliseconds that the server asked to wait, if it did. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof Anthropic.APIError)) return undefined;
  const seconds = Number(error.headers?.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** What the control plane hears of a model call that failed for good. */
export function modelFailure(error: unknown): AttemptFailure {
  if (error instanceof AttemptFailure) return error;
  // The SDK's own message is the status and the raw answer; people read the sentence in it.
  const said = (error instanceof Anthropic.APIError && error.apiMessage) || messageOf(error);
  const type = error instanceof Anthropic.APIError ? errorTypeOf(error) : undefined;
  if (type === BUDGET_EXHAUSTED) {
    return new AttemptFailure({ class: 'budget', code: 'worker.budget_exhausted', message: said, cause: error });
  }
  // Another machine may have a key of its own.
  if (type === NO_MODEL_KEY) {
    return new AttemptFailure({ class: 'worker', code: 'worker.no_model_key', message: said, cause: error });
  }
  const code = isRetryable(error) ? 'worker.model_unavailable' : 'worker.model_refused';
  const failureClass = isRetryable(error) ? 'transient' : 'task';
  return new AttemptFailure({ class: failureClass, code, message: `The model call failed: ${said}`, cause: error });
}
