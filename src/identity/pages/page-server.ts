import { randomBytes } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifyFormbody from '@fastify/formbody';
import { isAppError } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppConfig } from '../../platform/config/index.js';
import { addJsonBody, publicConfig, RawRoutes } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { Accounts } from '../accounts/accounts.service.js';
import { Sessions } from '../accounts/sessions.service.js';
import type { Visitor } from '../accounts/visitor.js';
import { csrfKey, csrfToken, isCsrfToken, isFromHere } from './csrf.rules.js';
import { errorPage, expiredFormPage } from './error.view.js';
import { Page, type PageParts, type SignedIn } from './page.js';
import { PageCookies } from './page-cookies.js';
import { PageSite } from './page-site.js';

export type PageHandler = (page: Page) => Promise<void> | void;

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handler: PageHandler;
}

const ACCESS = publicConfig('a page for people: it looks at the cookie of the session itself');
const BODY_LIMIT_BYTES = 64 * 1024;
const BROWSER_ID = /^[\w-]{22}$/;
const BROWSER_S = 365 * 24 * 60 * 60;

/** Serves pages: cookies, the session behind them, tokens of forms, errors that people can read. */
@Injectable()
export class PageServer {
  private readonly key: Buffer;

  constructor(
    private readonly raw: RawRoutes,
    private readonly sites: PageSite,
    private readonly sessions: Sessions,
    private readonly accounts: Accounts,
    private readonly logger: Logger,
    config: AppConfig,
  ) {
    this.key = csrfKey(config.secretKey);
  }

  mount(routes: readonly PageRoute[]): void {
    this.raw.plugin(async (scope) => {
      await scope.register(fastifyCookie);
      await scope.register(fastifyFormbody, { bodyLimit: BODY_LIMIT_BYTES });
      addJsonBody(scope);
      this.explainErrors(scope);
      for (const { method, path, handler } of routes) {
        const answer = (request: FastifyRequest, reply: FastifyReply) => this.answer({ request, reply }, handler);
        scope.route({
          method,
          url: path,
          config: ACCESS,
          bodyLimit: BODY_LIMIT_BYTES,
          exposeHeadRoute: false,
          handler: answer,
        });
      }
    });
  }

  private async answer(
    { request, reply }: Pick<PageParts, 'request' | 'reply'>,
    handler: PageHandler,
  ): Promise<FastifyReply> {
    const page = await this.pageOf(request, reply);
    if (request.method === 'POST' && !this.isOurForm(request, page)) this.refuseForm(page);
    else await handler(page);
    return reply;
  }

  private async pageOf(request: FastifyRequest, reply: FastifyReply): Promise<Page> {
    const site = this.sites.of(request.headers.host);
    const cookies = new PageCookies(request, reply, site);
    const userAgent = request.headers['user-agent'];
    const origin = { address: request.ip, ...(userAgent !== undefined && { userAgent }) };
    const visitor: Visitor = { requestId: request.id, origin };
    const signedIn = await this.signedIn(cookies, visitor);
    return new Page({ request, reply, site, cookies, visitor, signedIn, csrf: this.csrfOf(cookies) });
  }

  private async signedIn(cookies: PageCookies, visitor: Visitor): Promise<SignedIn | undefined> {
    const token = cookies.get('session');
    const session = token === undefined ? undefined : await this.sessions.find(token);
    const account = session && (await this.accounts.find(session.userId));
    return session && account && { session, account, visitor };
  }

  private csrfOf(cookies: PageCookies): string {
    const known = cookies.get('browser');
    const browserId = known !== undefined && BROWSER_ID.test(known) ? known : randomBytes(16).toString('base64url');
    if (browserId !== known) cookies.set('browser', browserId, { maxAgeS: BROWSER_S });
    return csrfToken(this.key, browserId);
  }

  private isOurForm(request: FastifyRequest, page: Page): boolean {
    const { origin, 'sec-fetch-site': fetchSite, 'x-csrf-token': header } = request.headers;
    const from = { origin, fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined };
    const token = typeof header === 'string' ? header : page.body['csrf'];
    return isFromHere(from, page.site.origin) && isCsrfToken(this.key, page.cookies.get('browser'), token);
  }

  private refuseForm(page: Page): void {
    page.show(expiredFormPage(), { status: 403 });
  }

  private explainErrors(scope: FastifyInstance): void {
    scope.setErrorHandler(async (error, request, reply) => {
      const page = await this.pageOf(request, reply);
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (isAppError(error) && error.kind !== 'internal') return this.showFault(page, error.message, 400, reply);
      if (status < 500)
        return this.showFault(page, 'Your browser sent something that we could not read.', status, reply);
      this.logger.error('a page failed', { error, requestId: request.id, route: request.routeOptions.url });
      return this.showFault(page, `That did not work, and it is our fault. The request was ${request.id}.`, 500, reply);
    });
  }

  private showFault(page: Page, message: string, status: number, reply: FastifyReply): FastifyReply {
    page.show(errorPage(message), { status });
    return reply;
  }
}
