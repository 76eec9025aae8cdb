import { Injectable, Optional } from '@nestjs/common';
import {
  type Approval,
  type ApprovalRefusal,
  type GoOn,
  Interactions,
  type PendingRequest,
} from '../oidc/interactions.port.js';
import { errorPage } from './error.view.js';
import { consentPage } from './interaction.view.js';
import type { Page, SignedIn } from './page.js';
import type { PageHandler, PageRoute } from './page-server.js';

/** Where the authorization server sends the browser; the rest of the path names the interaction. */
export const INTERACTION_PATH = '/auth/interaction';

const OVER =
  'This sign-in is over, or it was begun in another browser. Start again from the program that sent you here.';

/** Why nothing was allowed, for people. */
export const REFUSALS: Readonly<Record<ApprovalRefusal['kind'], string>> = {
  gone: OVER,
  not_a_member: 'You are not a member of that organization.',
  nothing_to_grant:
    'Your role allows nothing of what this program asks for. Ask an owner or admin of your organization.',
  no_skill: 'Leave the machine at least one skill.',
  no_such_cluster: 'There is no such cluster any more.',
};

interface Asked {
  readonly request: PendingRequest;
  readonly interactions: Interactions;
  readonly who: SignedIn;
}

/** Signing in for a program, and what it may do. */
@Injectable()
export class InteractionPages {
  constructor(@Optional() private readonly interactions?: Interactions) {}

  routes(): PageRoute[] {
    const { interactions } = this;
    if (interactions === undefined) return [];
    const path = `${INTERACTION_PATH}/:uid`;
    return [
      { method: 'GET', path, handler: this.asked(interactions, (page, asked) => this.show(page, asked)) },
      { method: 'POST', path, handler: this.asked(interactions, (page, asked) => this.decide(page, asked)) },
    ];
  }

  /** Whoever is not signed in, or not lately enough for the program, does that first and comes back. */
  private asked(interactions: Interactions, handler: (page: Page, asked: Asked) => Promise<void>): PageHandler {
    return async (page) => {
      const request = await interactions.details(page.raw);
      if (request === undefined || request.uid !== page.params['uid']) return this.goOn(page, { kind: 'gone' });
      const who = page.signedIn;
      const since = request.signedInSince;
      if (!who || (since && who.session.signedInAt < since)) return this.askToSignIn(page, request);
      await handler(page, { request, interactions, who });
    };
  }

  private async show(page: Page, { request, interactions, who }: Asked): Promise<void> {
    const { session } = who;
    if (request.step === 'sign_in') return this.goOn(page, await interactions.finishLogin(page.raw, session));
    const choices = (await interactions.choices(request, session)).filter(({ scopes }) => scopes.length > 0);
    if (choices.length === 0) return this.goOn(page, { kind: 'nothing_to_grant' });
    const likely = choices.find(({ orgId }) => orgId === session.orgId) ?? choices[0];
    if (likely && (await interactions.isGranted(request, session, likely.orgId))) {
      return this.goOn(page, await interactions.finishConsent(page.raw, this.approval(who, likely.orgId)));
    }
    const path = `${INTERACTION_PATH}/${encodeURIComponent(request.uid)}`;
    const view = { csrf: page.csrf, request, choices, currentOrgId: session.orgId, path };
    page.show(consentPage(view));
  }

  private async decide(page: Page, { request, interactions, who }: Asked): Promise<void> {
    if (request.step === 'sign_in') return page.redirect(page.ownUrl);
    if (page.body['decision'] !== 'allow') return this.goOn(page, await interactions.abort(page.raw, who.visitor));
    const approval = this.approval(who, page.body['organization'] ?? '');
    this.goOn(page, await interactions.finishConsent(page.raw, approval));
  }

  private approval({ session, visitor }: SignedIn, orgId: string): Approval {
    return { session, visitor, orgId };
  }

  private goOn(page: Page, outcome: GoOn | ApprovalRefusal): void {
    if (outcome.kind === 'go_on') return page.goOn(outcome.url);
    const status = outcome.kind === 'gone' ? 410 : 403;
    page.show(errorPage(REFUSALS[outcome.kind], outcome.kind === 'gone' ? 'Please start again' : undefined), {
      status,
    });
  }

  private askToSignIn(page: Page, { loginHint, uid }: PendingRequest): void {
    const query = new URLSearchParams({ continue: `${INTERACTION_PATH}/${uid}` });
    if (page.signedIn) query.set('again', '1');
    if (loginHint !== undefined) query.set('email', loginHint);
    page.redirect(`/auth/sign-in?${query.toString()}`);
  }
}
