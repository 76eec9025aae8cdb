import { Injectable } from '@nestjs/common';
import { Passkeys } from '../accounts/passkeys.service.js';
import { Sessions } from '../accounts/sessions.service.js';
import { SignInThrottle } from '../accounts/sign-in-throttle.service.js';
import { PasswordSignIns, type SignInOutcome } from '../accounts/sign-in.service.js';
import { passkeyLimits } from '../accounts/throttle.rules.js';
import { type Faults, waitText } from './form.view.js';
import type { Page } from './page.js';
import type { PageRoute } from './page-server.js';
import { ownPath } from './path.rules.js';
import { secondFactorPage, signInPage } from './sign-in.view.js';

const HOME = '/auth/account';
const CHALLENGE_S = 5 * 60;
const REFUSED = 'E-mail or password is not right. If you have just signed up, first open the link in the letter.';

function nextOf(page: Page): string | undefined {
  return ownPath(page.body['continue'] ?? page.query['continue']);
}

/** Signing in and out. */
@Injectable()
export class SignInPages {
  constructor(
    private readonly signIns: PasswordSignIns,
    private readonly passkeys: Passkeys,
    private readonly sessions: Sessions,
    private readonly throttle: SignInThrottle,
  ) {}

  routes(): PageRoute[] {
    return [
      { method: 'GET', path: '/auth', handler: (page) => page.redirect(HOME) },
      { method: 'GET', path: '/auth/sign-in', handler: (page) => this.show(page) },
      { method: 'POST', path: '/auth/sign-in', handler: (page) => this.withPassword(page) },
      { method: 'GET', path: '/auth/second-factor', handler: (page) => this.askCode(page) },
      { method: 'POST', path: '/auth/second-factor', handler: (page) => this.withCode(page) },
      { method: 'POST', path: '/auth/passkeys/sign-in/options', handler: (page) => this.passkeyOptions(page) },
      { method: 'POST', path: '/auth/passkeys/sign-in', handler: (page) => this.withPasskey(page) },
      { method: 'POST', path: '/auth/sign-out', handler: (page) => this.signOut(page) },
    ];
  }

  private show(page: Page): void {
    const next = nextOf(page);
    const again = page.query['again'] === '1' && page.signedIn !== undefined;
    if (page.signedIn && !again) return page.redirect(next ?? HOME);
    const note = page.query['changed'] === '1' ? 'Your password was changed. Sign in with the new one.' : undefined;
    page.show(
      signInPage({
        ...this.common(page),
        next,
        note,
        again,
        email: again ? page.signedIn?.account.email : page.query['email'],
      }),
    );
  }

  private async withPassword(page: Page): Promise<void> {
    const { email = '', password = '' } = page.body;
    const { visitor, session: replaces } = page;
    this.goOn(page, await this.signIns.withPassword({ email, password, visitor, replaces }), (faults) =>
      page.showAgain(signInPage({ ...this.common(page), email, next: nextOf(page), again: false, faults })),
    );
  }

  private askCode(page: Page): void {
    if (page.cookies.get('factor') === undefined) return page.redirect('/auth/sign-in');
    page.show(secondFactorPage({ csrf: page.csrf, next: nextOf(page) }));
  }

  private async withCode(page: Page): Promise<void> {
    const { visitor, session: replaces } = page;
    const token = page.cookies.get('factor') ?? '';
    const outcome = await this.signIns.withCode({ token, code: page.body['code'] ?? '', visitor, replaces });
    this.goOn(page, outcome, (faults) =>
      page.showAgain(secondFactorPage({ csrf: page.csrf, next: nextOf(page), faults })),
    );
  }

  private goOn(page: Page, outcome: SignInOutcome, showFaults: (faults: Faults) => void): void {
    const next = nextOf(page);
    const query = next === undefined ? '' : `?continue=${encodeURIComponent(next)}`;
    switch (outcome.kind) {
      case 'signed_in':
        page.signIn(outcome.opened);
        page.cookies.clear('factor');
        return page.goOn(next ?? HOME);
      case 'second_factor':
        page.cookies.set('factor', outcome.token, { maxAgeS: CHALLENGE_S });
        return page.redirect(`/auth/second-factor${query}`);
      case 'refused':
        return showFaults(page.body['code'] === undefined ? { form: REFUSED } : { code: 'This code is not right.' });
      case 'throttled':
        return showFaults({ form: waitText(outcome.waitMs) });
      case 'elsewhere':
        outcome.url.searchParams.set('continue', next ?? HOME);
        return page.goOn(outcome.url.href);
      case 'gone':
        page.cookies.clear('factor');
        return page.redirect(`/auth/sign-in${query}`);
    }
  }

  private async passkeyOptions(page: Page): Promise<void> {
    const waitMs = await this.throttle.take(passkeyLimits(page.visitor.origin.address ?? ''));
    if (waitMs > 0) return page.answer({ message: waitText(waitMs) }, 429);
    const { options, token } = await this.passkeys.beginSignIn(page.site);
    page.cookies.set('passkey', token, { maxAgeS: CHALLENGE_S });
    page.answer({ options });
  }

  private async withPasskey(page: Page): Promise<void> {
    const { visitor, site, session: replaces } = page;
    const token = page.cookies.get('passkey') ?? '';
    const response = (page.json as { response?: unknown }).response;
    const outcome = await this.passkeys.finishSignIn({ token, response, site, visitor, replaces });
    page.cookies.clear('passkey');
    if (outcome.kind === 'refused') return page.answer({ message: 'This passkey was not accepted.' }, 401);
    page.signIn(outcome.opened);
    page.answer({ location: nextOf(page) ?? HOME });
  }

  private async signOut(page: Page): Promise<void> {
    if (page.signedIn) await this.sessions.signOut(page.signedIn.session, page.visitor);
    page.cookies.clear('session');
    page.redirect('/auth/sign-in');
  }

  private common({ csrf, site }: Page) {
    return { csrf, passkeys: this.passkeys.isAvailableAt(site) };
  }
}
