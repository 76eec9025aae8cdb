import {
  A2AError,
  InvalidAgentResponseError,
  RequestMalformedError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import { type AppError, type ErrorKind, isAppError } from '@coorchat/kernel';

type Translate = (error: AppError) => Error;

const malformed: Translate = ({ message }) => new RequestMalformedError(message);
const unsupported: Translate = ({ message }) => new UnsupportedOperationError(message);
const hidden: Translate = () => new InvalidAgentResponseError('The control plane could not answer. Try again.');

/** Every kind of fault as A2A names it. */
const TRANSLATIONS: Record<ErrorKind, Translate> = {
  invalid: malformed,
  unauthenticated: unsupported,
  forbidden: unsupported,
  not_found: ({ message }) => new TaskNotFoundError(message),
  conflict: malformed,
  precondition: unsupported,
  quota: unsupported,
  rate_limited: unsupported,
  unavailable: hidden,
  timeout: hidden,
  internal: hidden,
};

export function toA2aError(error: unknown): Error {
  if (error instanceof A2AError) return error;
  return isAppError(error) ? TRANSLATIONS[error.kind](error) : hidden(error as AppError);
}
