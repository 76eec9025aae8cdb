import { Injectable } from '@nestjs/common';
import { INVITATION_PATH } from '../../tenancy/index.js';
import { InvitedSignUp } from '../accounts/invited-sign-up.service.js';
import { goneLinkPage } from './error.view.js';
import { acceptPage, type InvitationView, joinPage, otherAccountPage, signInToJoinPage } from './invitation.view.js';
import type { Page } from './page.js';
import type { PageRoute } from './page-server.js';
import { faultsOf, invitedSchema } from './sign-up.schema.js';

const HOME = { label: 'Go to your account', path: '/auth/account' };

/** Invitations, for whoever holds the letter. */
@Injectable()
export class InvitationPages {
  constructor(private readonly invited: InvitedSignUp) {}

  routes(): PageRoute[] {
    return [
      { method: 'GET', path: INVITATION_PATH, handler: (page) => this.show(page, page.query['token'] ?? '') },
      { method: 'POST', path: INVITATION_PATH, handler: (page) => this.join(page, page.body['token'] ?? '') },
    ];
  }

  private async show(page: Page, token: string, again: Pick<InvitationView, 'faults' | 'name'> = {}): Promise<void> {
    const found = await this.invited.find(token);
    if (found === undefined) return page.show(goneLinkPage(HOME), { status: 410 });
    const view = { csrf: page.csrf, token, invitation: found.invitation, ...again };
    const account = page.signedIn?.account;
    const status = again.faults ? 422 : 200;
    if (account === undefined) return page.show(found.hasAccount ? signInToJoinPage(view) : joinPage(view), { status });
    page.show(account.email === found.invitation.email ? acceptPage(view) : otherAccountPage(view, account.email));
  }

  private async join(page: Page, token: string): Promise<void> {
    if (page.signedIn) return this.accept(page, token);
    const name = page.body['name'] ?? '';
    const parsed = invitedSchema.safeParse({ name, password: page.body['password'] ?? '' });
    if (!parsed.success) return this.show(page, token, { name, faults: faultsOf(parsed.error) });
    const outcome = await this.invited.join({ token, ...parsed.data, visitor: page.visitor });
    if (outcome.kind === 'weak_password')
      return this.show(page, token, { name, faults: { password: outcome.message } });
    if (outcome.kind !== 'joined') return this.show(page, token);
    page.signIn(outcome.opened);
    page.redirect('/auth/account?done=joined');
  }

  private async accept(page: Page, token: string): Promise<void> {
    const found = await this.invited.find(token);
    const who = page.signedIn;
    if (!who || found?.invitation.email !== who.account.email) return this.show(page, token);
    await this.invited.accept(token, who.account, page.visitor);
    page.redirect('/auth/account?done=joined');
  }
}
