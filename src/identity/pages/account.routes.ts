import { Injectable, Optional } from '@nestjs/common';
import { Memberships } from '../../tenancy/index.js';
import { Passkeys } from '../accounts/passkeys.service.js';
import { Passwords } from '../accounts/passwords.service.js';
import { SecondFactor } from '../accounts/second-factor.service.js';
import { Sessions } from '../accounts/sessions.service.js';
import { AllowedPrograms } from '../oidc/allowed-programs.service.js';
import { accountPage } from './account.view.js';
import { type Faults, waitText } from './form.view.js';
import type { Page, SignedIn } from './page.js';
import type { PageRoute } from './page-server.js';
import { PROGRAMS_PATH } from './program.routes.js';
import { signedIn } from './signed-in.rules.js';

const HOME = '/auth/account';

const NOTES: Readonly<Record<string, string>> = {
  password: 'Your password was changed, and other browsers were signed out.',
  passkey: 'The passkey was added.',
  'passkey-removed': 'The passkey was removed.',
  'totp-removed': 'The authenticator app was removed.',
  session: 'That browser was signed out.',
  organization: 'You switched to another organization.',
  joined: 'You are a member now.',
};

/** A person's account: organizations, password, browsers. */
@Injectable()
export class AccountPages {
  constructor(
    private readonly sessions: Sessions,
    private readonly passwords: Passwords,
    private readonly passkeys: Passkeys,
    private readonly secondFactor: SecondFactor,
    private readonly memberships: Memberships,
    @Optional() private readonly programs?: AllowedPrograms,
  ) {}

  routes(): PageRoute[] {
    const post = (path: string, handler: (page: Page, who: SignedIn) => Promise<void>): PageRoute => ({
      method: 'POST',
      path: HOME + path,
      handler: signedIn(handler),
    });
    return [
      { method: 'GET', path: HOME, handler: signedIn((page, who) => this.show(page, who)) },
      post('/password', (page, who) => this.changePassword(page, who)),
      post('/organization', (page, who) => this.chooseOrganization(page, who)),
      post('/sessions/revoke', (page, who) => this.revoke(page, who)),
      post('/sessions/revoke-all', (page, who) => this.revokeAll(page, who)),
    ];
  }

  private async show(page: Page, { account, session }: SignedIn, faults?: Faults): Promise<void> {
    const [sessions, passkeys, organizations, recoveryCodesLeft] = await Promise.all([
      this.sessions.list(account.id),
      this.passkeys.list(account.id),
      this.memberships.ofUser(account.id),
      this.secondFactor.codesLeft(account),
    ]);
    const lists = { sessions, passkeys, organizations, recoveryCodesLeft };
    const about = { csrf: page.csrf, account, session, canAddPasskey: this.passkeys.isAvailableAt(page.site) };
    const programsPath = this.programs && PROGRAMS_PATH;
    const note = faults ? undefined : NOTES[page.query['done'] ?? ''];
    page.show(accountPage({ ...about, ...lists, programsPath, note, ...(faults && { faults }) }), {
      status: faults ? 422 : 200,
    });
  }

  private async changePassword(page: Page, who: SignedIn): Promise<void> {
    const { current = '', password = '' } = page.body;
    const outcome = await this.passwords.change(who, current, password);
    if (outcome.kind === 'changed') return page.redirect(`${HOME}?done=password`);
    if (outcome.kind === 'weak_password') return this.show(page, who, { password: outcome.message });
    if (outcome.kind === 'throttled') return this.show(page, who, { form: waitText(outcome.waitMs) });
    return this.show(page, who, { current: 'This is not your current password.' });
  }

  private async chooseOrganization(page: Page, { session, visitor }: SignedIn): Promise<void> {
    const isMember = await this.sessions.chooseOrganization(session, page.body['id'] ?? '', visitor);
    page.redirect(isMember ? `${HOME}?done=organization` : HOME);
  }

  private async revoke(page: Page, { account, session, visitor }: SignedIn): Promise<void> {
    await this.sessions.revoke(page.body['id'] ?? '', { userId: account.id, visitor, from: session });
    page.redirect(`${HOME}?done=session`);
  }

  private async revokeAll(page: Page, { account, session, visitor }: SignedIn): Promise<void> {
    await this.sessions.signOutEverywhere({ userId: account.id, visitor, from: session });
    page.cookies.clear('session');
    page.redirect('/auth/sign-in');
  }
}
