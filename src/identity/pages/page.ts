import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Account } from '../accounts/account.store.js';
import type { Session } from '../accounts/session.store.js';
import type { OpenedSession } from '../accounts/sessions.service.js';
import type { Site, Visitor } from '../accounts/visitor.js';
import { html } from './html.js';
import { layout, type PageView } from './layout.view.js';
import type { PageCookies } from './page-cookies.js';

const SESSION_S = 30 * 24 * 60 * 60;

const textFields = z.record(z.string(), z.unknown());

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const parsed = textFields.safeParse(value ?? {});
  const entries = Object.entries(parsed.success ? parsed.data : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export interface SignedIn {
  readonly account: Account;
  readonly session: Session;
  readonly visitor: Visitor;
}

export interface PageParts {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly site: Site;
  readonly cookies: PageCookies;
  readonly csrf: string;
  readonly visitor: Visitor;
  readonly signedIn: SignedIn | undefined;
}

export interface ShowOptions {
  readonly status?: number;
}

/** One request for a page, and its answer. */
export class Page {
  /** Form fields or members of a JSON body that are texts. */
  readonly body: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;

  constructor(private readonly parts: PageParts) {
    const { body, query, params } = parts.request;
    this.body = textsOf(body);
    this.query = textsOf(query);
    this.params = textsOf(params);
  }

  get site(): Site {
    return this.parts.site;
  }

  get visitor(): Visitor {
    return this.parts.visitor;
  }

  get csrf(): string {
    return this.parts.csrf;
  }

  get cookies(): PageCookies {
    return this.parts.cookies;
  }

  get signedIn(): SignedIn | undefined {
    return this.parts.signedIn;
  }

  get session(): Session | undefined {
    return this.parts.signedIn?.session;
  }

  /** Where to come back to after a sign-in: this page, or the account for what was sent by a form. */
  get returnPath(): string {
    const { method, url } = this.parts.request;
    return method === 'GET' ? url : '/auth/account';
  }

  /** Path and query of this page. */
  get ownUrl(): string {
    return this.parts.request.url;
  }

  /** Node's own, for a library that wants them. */
  get raw(): { readonly request: FastifyRequest['raw']; readonly reply: FastifyReply['raw'] } {
    return { request: this.parts.request.raw, reply: this.parts.reply.raw };
  }

  /** As it came; what forms hold is in `body`. */
  get json(): unknown {
    return this.parts.request.body;
  }

  show(view: PageView, { status = 200 }: ShowOptions = {}): void {
    const { reply, signedIn, csrf } = this.parts;
    const policy = [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self'",
      ...(view.hasPasskeys ? ["script-src 'self'", "connect-src 'self'"] : []),
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ];
    void reply
      .code(status)
      .header('content-security-policy', policy.join('; '))
      // With none at all, browsers hide from us, too, where a form comes from.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(layout(view, { account: signedIn?.account, csrf }));
  }

  /** A form with faults comes back with 422. */
  showAgain(view: PageView, options: ShowOptions = {}): void {
    this.show(view, { status: 422, ...options });
  }

  answer(value: object, status = 200): void {
    void this.parts.reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(value));
  }

  /** By GET, whatever came. Paths of ours only, unless a library of ours made the address. */
  redirect(path: string): void {
    void this.parts.reply.redirect(path, 303);
  }

  /**
   * To an address that may lead on to another site. Browsers hold a form to its page's policy through every redirect that
   * follows, so after a form a page comes in between, which goes on by itself.
   */
  goOn(address: string): void {
    if (this.parts.request.method === 'GET' || address.startsWith('/auth/account')) return this.redirect(address);
    this.show({
      title: 'One moment',
      refreshTo: address,
      main: html`<section class="card">
        <h1>One moment</h1>
        <p><a href="${address}">Go on</a></p>
      </section>`,
    });
  }

  signIn({ token }: OpenedSession): void {
    this.cookies.set('session', token, { maxAgeS: SESSION_S });
  }
}
