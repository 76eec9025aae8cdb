import { AppError } from '@coorchat/kernel';
import { HttpException } from '@nestjs/common';
import { HttpFault, httpErrors } from './http.errors.js';

type Translation = (error: { message: string }, context: FaultContext) => AppError | HttpFault;

export interface FaultContext {
  readonly bodyLimitBytes: number;
  readonly contentType: string;
}

const FASTIFY_CODES: Readonly<Record<string, Translation>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (_error, { bodyLimitBytes }) => httpErrors.bodyTooLarge(bodyLimitBytes),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (_error, { contentType }) => httpErrors.unsupportedMediaType(contentType),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => httpErrors.badRequest('Content-Length and body do not agree.'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => httpErrors.brokenJson('it could not be parsed'),
  FST_ERR_BAD_URL: () => httpErrors.badUrl(),
  FST_ERR_MAX_PARAM_LENGTH: () => httpErrors.urlTooLong(),
};

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What Fastify and Nest throw of themselves, in our words; anything else stays as it is. */
export function normalizeThrown(thrown: unknown, context: FaultContext): unknown {
  if (thrown instanceof AppError || thrown instanceof HttpFault) return thrown;
  const error = thrown instanceof HttpException && thrown.cause !== undefined ? thrown.cause : thrown;
  const translate = FASTIFY_CODES[codeOf(error)];
  if (translate && error instanceof Error) return translate(error, context);
  if (thrown instanceof HttpException && thrown.getStatus() < 500) {
    return new HttpFault(thrown.getStatus(), 'http.bad_request', thrown.message);
  }
  return error;
}
