import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Site } from '../accounts/visitor.js';

/** Session; browser (for tokens of forms); second factor; passkey challenge; sign-in with a company; a note for the next page. */
export type CookieName = 'session' | 'browser' | 'factor' | 'passkey' | 'sso' | 'note';

interface CookieLife {
  readonly maxAgeS: number;
}

/**
 * Cookies of the pages: for this host alone, out of reach of scripts. `__Host-` needs https; on plain http, which is
 * spoken on loopback only, browsers refuse it.
 */
export class PageCookies {
  private readonly isSecure: boolean;

  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    site: Site,
  ) {
    this.isSecure = site.origin.startsWith('https:');
  }

  get(name: CookieName): string | undefined {
    const value = this.request.cookies[this.fullName(name)];
    return value === '' ? undefined : value;
  }

  set(name: CookieName, value: string, { maxAgeS }: CookieLife): void {
    void this.reply.setCookie(this.fullName(name), value, { ...this.attributes(), maxAge: maxAgeS });
  }

  clear(name: CookieName): void {
    if (this.get(name) !== undefined)
      void this.reply.setCookie(this.fullName(name), '', { ...this.attributes(), maxAge: 0 });
  }

  private fullName(name: CookieName): string {
    return `${this.isSecure ? '__Host-' : ''}coorchat-${name}`;
  }

  private attributes() {
    return { path: '/', httpOnly: true, secure: this.isSecure, sameSite: 'lax' } as const;
  }
}
