import { Injectable } from '@nestjs/common';
import { errorPage } from '../pages/error.view.js';
import type { Page } from '../pages/page.js';
import type { PageRoute } from '../pages/page-server.js';
import { ownPath } from '../pages/path.rules.js';
import { SingleSignOn, type SsoFinished, type SsoStart } from './single-sign-on.service.js';
import { ssoPage } from './sso.view.js';

const HOME = '/auth/account';
const STATE_S = 10 * 60;
const FACTOR_S = 5 * 60;
const UNKNOWN = 'No organization has set up its own sign-in for this address.';
const REASONS: Partial<Record<string, string>> = {
  gone: 'This sign-in was used already, took too long, or began in another browser. Please start again.',
  no_email: 'Your organization’s identity provider did not tell us your e-mail address.',
  email_not_verified: 'Your organization’s identity provider did not confirm your e-mail address.',
  foreign_domain: 'Your organization may not sign in people with this e-mail address.',
  not_provisioned: 'You are no member of this organization yet. Ask an administrator for an invitation.',
  bound_otherwise: 'This account belongs to another person of your organization. Ask an administrator.',
};

/** Pages of the sign-in with an organization. */
@Injectable()
export class SsoPages {
  constructor(private readonly singleSignOn: SingleSignOn) {}

  routes(): PageRoute[] {
    return [
      { method: 'GET', path: '/auth/sso', handler: (page) => this.ask(page) },
      { method: 'POST', path: '/auth/sso', handler: (page) => this.start(page, { email: page.body['email'] ?? '' }) },
      { method: 'GET', path: '/auth/sso/start', handler: (page) => this.start(page, this.asked(page)) },
      { method: 'GET', path: '/auth/sso/callback/:id', handler: (page) => this.finish(page) },
    ];
  }

  private ask(page: Page): void {
    page.show(ssoPage({ csrf: page.csrf, email: page.query['email'], next: ownPath(page.query['continue']) }));
  }

  private asked(page: Page): Pick<SsoStart, 'email' | 'connectionId'> {
    return { email: page.query['email'], connectionId: page.query['connection'] };
  }

  private async start(page: Page, whose: Pick<SsoStart, 'email' | 'connectionId'>): Promise<void> {
    const next = ownPath(page.body['continue'] ?? page.query['continue']);
    const started = await this.singleSignOn.start({ ...whose, next, again: page.signedIn !== undefined });
    if (started.kind === 'go') {
      page.cookies.set('sso', started.state, { maxAgeS: STATE_S });
      return page.goOn(started.url.href);
    }
    if (started.kind === 'unknown')
      return page.showAgain(ssoPage({ csrf: page.csrf, email: whose.email, next, faults: { email: UNKNOWN } }));
    page.show(errorPage('Your organization’s identity provider does not answer as it should.'), { status: 502 });
  }

  private async finish(page: Page): Promise<void> {
    const { search } = new URL(page.ownUrl, page.site.origin);
    const state = page.cookies.get('sso');
    page.cookies.clear('sso');
    const { visitor, session: replaces } = page;
    const connectionId = page.params['id'] ?? '';
    this.answer(page, await this.singleSignOn.finish({ connectionId, search, state, visitor, replaces }));
  }

  private answer(page: Page, finished: SsoFinished): void {
    if (finished.kind === 'refused')
      return page.show(errorPage(REASONS[finished.reason] ?? 'The sign-in with your organization failed.'), {
        status: 403,
      });
    if (finished.kind === 'signed_in') {
      page.signIn(finished.opened);
      return page.redirect(finished.next ?? HOME);
    }
    page.cookies.set('factor', finished.token, { maxAgeS: FACTOR_S });
    page.redirect(`/auth/second-factor${finished.next ? `?continue=${encodeURIComponent(finished.next)}` : ''}`);
  }
}
