import { AppError, type ErrorDetails, UNSTORABLE_TEXT } from '@coorchat/kernel';

/** Faults of HTTP itself, whose status no error kind stands for. */
export class HttpFault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: ErrorDetails,
  ) {
    super(message);
    this.name = 'HttpFault';
  }
}

export type RequestPart = 'body' | 'query' | 'params';

export interface InputIssue {
  /** Dotted path inside the part; empty for the part itself. */
  readonly path: string;
  readonly message: string;
}

const PART_NAMES: Record<RequestPart, string> = { body: 'body', query: 'query', params: 'path' };

function describe(issues: readonly InputIssue[]): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');
}

function invalidInput(part: RequestPart, issues: readonly InputIssue[]): AppError {
  return new AppError({
    code: `http.invalid_${part}`,
    kind: 'invalid',
    message: `The request's ${PART_NAMES[part]} is not valid. ${describe(issues)}`,
    details: { issues },
  });
}

export const httpErrors = {
  invalidInput,
  unstorableText: (part: RequestPart, path: readonly string[]) =>
    invalidInput(part, [{ path: path.join('.'), message: UNSTORABLE_TEXT }]),
  brokenJson: (reason: string) =>
    new AppError({ code: 'http.broken_json', kind: 'invalid', message: `The body is not valid JSON: ${reason}.` }),
  notUtf8: () =>
    new AppError({ code: 'http.not_utf8', kind: 'invalid', message: 'The body is not UTF-8, as JSON has to be.' }),
  tooDeep: (maxDepth: number) =>
    new AppError({
      code: 'http.too_deep',
      kind: 'invalid',
      message: `The body nests deeper than ${maxDepth} levels.`,
      details: { maxDepth },
    }),
  invalidCursor: () =>
    new AppError({
      code: 'http.invalid_cursor',
      kind: 'invalid',
      message: 'The cursor is not one of this list. Start again without a cursor.',
    }),
  unauthenticated: () =>
    new AppError({
      code: 'http.unauthenticated',
      kind: 'unauthenticated',
      message: 'A valid credential is needed: send it as "Authorization: Bearer <key>".',
    }),
  missingScope: (needed: readonly string[]) =>
    new AppError({
      code: 'http.missing_scope',
      kind: 'forbidden',
      message: `The credential lacks the scope ${needed.join(' or ')}.`,
      details: { needed },
    }),
  rateLimited: (retryAfterMs: number) =>
    new AppError({
      code: 'http.rate_limited',
      kind: 'rate_limited',
      message: `Too many requests. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      details: { retryAfterMs },
    }),
  tooManyRequests: (policy: string, retryAfterMs: number) =>
    new AppError({
      code: 'http.too_many_requests',
      kind: 'rate_limited',
      message: `Too many requests of this ${policy}. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      details: { retryAfterMs, policy },
    }),
  noTenant: (route: string) =>
    new AppError({ code: 'http.no_tenant', kind: 'internal', message: `${route} is public but asks for a tenant.` }),
  routeWithoutAccess: (routes: readonly string[]) =>
    new AppError({
      code: 'http.route_without_access',
      kind: 'internal',
      message: `These routes say neither who may call them (@Access) nor why they are public (@Public): ${routes.join(', ')}`,
      details: { routes },
    }),
  shuttingDown: () =>
    new AppError({ code: 'http.shutting_down', kind: 'unavailable', message: 'The server is shutting down.' }),
  unknownRoute: (method: string, path: string) =>
    new HttpFault(404, 'http.unknown_route', `There is no ${method} ${path}. See /docs for what there is.`),
  methodNotAllowed: (method: string, allowed: readonly string[]) =>
    new HttpFault(405, 'http.method_not_allowed', `${method} is not possible here, but ${allowed.join(', ')} is.`, {
      allowed,
    }),
  bodyTooLarge: (limitBytes: number) =>
    new HttpFault(413, 'http.body_too_large', `The body is larger than ${limitBytes} bytes.`, { limitBytes }),
  unsupportedMediaType: (found: string) =>
    new HttpFault(415, 'http.unsupported_media_type', `The content type ${found} is not understood here.`),
  urlTooLong: () => new HttpFault(414, 'http.url_too_long', 'A part of the path is too long.'),
  badUrl: () => new HttpFault(400, 'http.bad_url', 'The path is not a valid URL.'),
  rangeNotSatisfiable: (bytes: number) =>
    new HttpFault(416, 'http.range_not_satisfiable', `The range lies outside the ${bytes} bytes.`, { bytes }),
  headersTooLarge: () => new HttpFault(431, 'http.headers_too_large', 'The request headers are too large.'),
  badRequest: (message = 'The request is not valid HTTP.') => new HttpFault(400, 'http.bad_request', message),
  requestTimeout: () => new HttpFault(408, 'http.request_timeout', 'The request did not arrive in time.'),
};
