import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { challengeHeaders, challengeOf, scopeHeaders } from './challenge.js';
import { type HttpFault, httpErrors } from './http.errors.js';
import { problemOf } from './problem.view.js';
import { noteRefusal } from './refusal-note.js';
import type { Refusals } from './refusals.service.js';
import type { RouteBook } from './route-book.js';
import { normalizeThrown } from './thrown.rules.js';

export interface ProblemFilterOptions {
  readonly routes: RouteBook;
  readonly bodyLimitBytes: number;
  /** Undefined before the server listens. */
  readonly publicUrl: () => string | undefined;
  /** Undefined in programs that record nothing. */
  readonly refusals: () => Refusals | undefined;
  /** Hears what becomes a 5xx. */
  readonly onServerFault: (error: unknown, request: FastifyRequest) => void;
}

/** The HTTP rim's translation of everything that was thrown, in controllers, hooks, parsers and raw routes. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly options: ProblemFilterOptions) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.send(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  send(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = thrown instanceof NotFoundException ? this.unrouted(request) : this.translate(thrown, request);
    const problem = problemOf(error, request.id);
    if (problem.status >= 500) this.options.onServerFault(error, request);
    const refusals = this.options.refusals();
    if (refusals) noteRefusal(refusals, request, error, problem);
    if (reply.sent || reply.raw.headersSent) return;
    reply.header('x-request-id', request.id);
    if (problem.status === 401) reply.headers(challengeHeaders(this.options.publicUrl(), challengeOf(error)));
    if (problem.status === 403) reply.headers(scopeHeaders(problem.details));
    if (problem.status === 405) reply.header('allow', String(problem.details?.['allowed']));
    if (problem.status === 429)
      reply.header('retry-after', Math.ceil(Number(problem.details?.['retryAfterMs'] ?? 1000) / 1000));
    void reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
  }

  private translate(thrown: unknown, request: FastifyRequest): unknown {
    const contentType = request.headers['content-type'] ?? '(none)';
    const bodyLimitBytes = request.routeOptions.bodyLimit || this.options.bodyLimitBytes;
    return normalizeThrown(thrown, { bodyLimitBytes, contentType });
  }

  private unrouted(request: FastifyRequest): HttpFault {
    const path = request.url.split('?')[0] ?? '/';
    const allowed = this.options.routes.methodsFor(path);
    return allowed.length > 0 && !allowed.includes(request.method)
      ? httpErrors.methodNotAllowed(request.method, allowed)
      : httpErrors.unknownRoute(request.method, path);
  }
}
