import { Injectable } from '@nestjs/common';
import { Passwords } from '../accounts/passwords.service.js';
import { SignUp } from '../accounts/sign-up.service.js';
import { goneLinkPage } from './error.view.js';
import { type Faults, waitText } from './form.view.js';
import type { Page } from './page.js';
import type { PageRoute } from './page-server.js';
import { emailSchema, faultsOf, signUpSchema } from './sign-up.schema.js';
import { checkMailPage, forgotPage, resetPage, signUpPage, verifyPage } from './sign-up.view.js';

const SIGN_UP_AGAIN = { label: 'Sign up again', path: '/auth/sign-up' };
const ASK_AGAIN = { label: 'Ask for a new link', path: '/auth/forgot' };

/** Signing up, and passwords that were forgotten. */
@Injectable()
export class SignUpPages {
  constructor(
    private readonly signUp: SignUp,
    private readonly passwords: Passwords,
  ) {}

  routes(): PageRoute[] {
    return [
      { method: 'GET', path: '/auth/sign-up', handler: (page) => page.show(signUpPage({ csrf: page.csrf })) },
      { method: 'POST', path: '/auth/sign-up', handler: (page) => this.request(page) },
      { method: 'GET', path: '/auth/check-mail', handler: (page) => this.checkMail(page) },
      { method: 'GET', path: '/auth/verify', handler: (page) => this.showVerify(page) },
      { method: 'POST', path: '/auth/verify', handler: (page) => this.verify(page) },
      { method: 'GET', path: '/auth/forgot', handler: (page) => page.show(forgotPage({ csrf: page.csrf })) },
      { method: 'POST', path: '/auth/forgot', handler: (page) => this.forgot(page) },
      { method: 'GET', path: '/auth/reset', handler: (page) => this.showReset(page) },
      { method: 'POST', path: '/auth/reset', handler: (page) => this.reset(page) },
    ];
  }

  private async request(page: Page): Promise<void> {
    const { csrf } = page;
    const { name = '', organization = '' } = page.body;
    const values = { email: page.body['email'] ?? '', name, organization };
    const again = (faults: Faults) => page.showAgain(signUpPage({ csrf, values, faults }));
    const parsed = signUpSchema.safeParse({ ...values, password: page.body['password'] ?? '' });
    if (!parsed.success) return again(faultsOf(parsed.error));
    const outcome = await this.signUp.request(parsed.data, page.visitor);
    if (outcome.kind === 'weak_password') return again({ password: outcome.message });
    if (outcome.kind === 'throttled') return again({ form: waitText(outcome.waitMs) });
    page.redirect('/auth/check-mail?for=sign-up');
  }

  private checkMail(page: Page): void {
    page.show(checkMailPage(page.query['for'] === 'reset' ? 'reset' : 'sign-up'));
  }

  private async showVerify(page: Page): Promise<void> {
    const token = page.query['token'] ?? '';
    const pending = await this.signUp.pending(token);
    if (pending === undefined) return page.show(goneLinkPage(SIGN_UP_AGAIN), { status: 410 });
    page.show(verifyPage({ csrf: page.csrf, token, ...pending }));
  }

  private async verify(page: Page): Promise<void> {
    const { token = '', password = '' } = page.body;
    const outcome = await this.signUp.confirm(token, password, page.visitor);
    if (outcome.kind === 'signed_in') {
      page.signIn(outcome.opened);
      return page.redirect('/auth/account');
    }
    const pending = await this.signUp.pending(token);
    if (outcome.kind === 'gone' || pending === undefined)
      return page.show(goneLinkPage(SIGN_UP_AGAIN), { status: 410 });
    const faults = { password: 'This is not the password that was chosen with this address.' };
    page.showAgain(verifyPage({ csrf: page.csrf, token, ...pending, faults }));
  }

  private async forgot(page: Page): Promise<void> {
    const address = page.body['email'] ?? '';
    const again = (faults: Faults) => page.showAgain(forgotPage({ csrf: page.csrf, email: address, faults }));
    const parsed = emailSchema.safeParse({ email: address });
    if (!parsed.success) return again(faultsOf(parsed.error));
    const waitMs = await this.passwords.requestReset(parsed.data.email, page.visitor);
    if (waitMs > 0) return again({ form: waitText(waitMs) });
    page.redirect('/auth/check-mail?for=reset');
  }

  private async showReset(page: Page): Promise<void> {
    const token = page.query['token'] ?? '';
    const account = await this.passwords.resetting(token);
    if (account === undefined) return page.show(goneLinkPage(ASK_AGAIN), { status: 410 });
    page.show(resetPage({ csrf: page.csrf, token, email: account.email }));
  }

  private async reset(page: Page): Promise<void> {
    const { token = '', password = '' } = page.body;
    const outcome = await this.passwords.reset(token, password, page.visitor);
    if (outcome.kind === 'changed') {
      page.cookies.clear('session');
      return page.redirect('/auth/sign-in?changed=1');
    }
    const account = await this.passwords.resetting(token);
    if (outcome.kind === 'gone' || account === undefined) return page.show(goneLinkPage(ASK_AGAIN), { status: 410 });
    page.showAgain(resetPage({ csrf: page.csrf, token, email: account.email, faults: { password: outcome.message } }));
  }
}
