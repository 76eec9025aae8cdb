import { Injectable, Optional } from '@nestjs/common';
import { Memberships } from '../../tenancy/index.js';
import { errorPage } from './error.view.js';
import { type Interaction, type LoginInteraction, LoginInteractions } from './interaction.port.js';
import { consentPage } from './interaction.view.js';
import type { Page, SignedIn } from './page.js';
import type { PageHandler, PageRoute } from './page-server.js';

/** Where the authorization server sends the browser; the rest of the path names the interaction. */
export const INTERACTION_PATH = '/auth/interaction';

const OVER =
  'This sign-in is over, or it was begun in another browser. Start again from the program that sent you here.';
const NO_ORGANIZATION = 'You belong to no organization in which this program could work. Ask for an invitation.';

type Handler<I> = (page: Page, interaction: I, who: SignedIn) => Promise<void>;

/** Signing in for a program, and what it may do. */
@Injectable()
export class InteractionPages {
  constructor(
    private readonly memberships: Memberships,
    @Optional() private readonly interactions?: LoginInteractions,
  ) {}

  routes(): PageRoute[] {
    const { interactions } = this;
    if (interactions === undefined) return [];
    const path = `${INTERACTION_PATH}/:uid`;
    return [
      { method: 'GET', path, handler: this.with(interactions, (page, found, who) => this.show(page, found, who)) },
      { method: 'POST', path, handler: this.with(interactions, (page, found, who) => this.decide(page, found, who)) },
    ];
  }

  /** Whoever is not signed in does that first, and comes back. */
  private with(
    interactions: LoginInteractions,
    handler: Handler<{ interaction: Interaction; interactions: LoginInteractions }>,
  ): PageHandler {
    return async (page) => {
      const interaction = await interactions.find(page.raw);
      if (interaction === undefined) return page.show(errorPage(OVER, 'Please start again'), { status: 410 });
      if (!page.signedIn) return this.askToSignIn(page, interaction);
      await handler(page, { interaction, interactions }, page.signedIn);
    };
  }

  private async show(
    page: Page,
    { interaction, interactions }: { interaction: Interaction; interactions: LoginInteractions },
    { account, session }: SignedIn,
  ): Promise<void> {
    if (interaction.kind === 'login') {
      if (!this.isNewEnough(interaction, session.signedInAt)) return this.askToSignIn(page, interaction);
      return page.redirect(await interactions.signedIn(page.raw, session));
    }
    const all = await this.memberships.ofUser(account.id);
    const organizations = all.filter(({ id }) => interaction.orgId === undefined || id === interaction.orgId);
    if (organizations.length === 0) return page.show(errorPage(NO_ORGANIZATION), { status: 403 });
    const path = `${INTERACTION_PATH}/${encodeURIComponent(page.params['uid'] ?? '')}`;
    const view = { csrf: page.csrf, interaction, organizations, currentOrgId: session.orgId, path };
    page.show(consentPage(view), { formTargets: [interaction.leadsTo] });
  }

  private async decide(
    page: Page,
    { interaction, interactions }: { interaction: Interaction; interactions: LoginInteractions },
    { account, session }: SignedIn,
  ): Promise<void> {
    if (interaction.kind === 'login') return page.redirect(page.ownUrl);
    if (page.body['decision'] !== 'allow') return page.redirect(await interactions.refuse(page.raw));
    const orgId = page.body['organization'] ?? '';
    const memberships = await this.memberships.ofUser(account.id);
    const mayChoose = interaction.orgId === undefined || interaction.orgId === orgId;
    if (!mayChoose || !memberships.some(({ id }) => id === orgId)) return page.redirect(page.ownUrl);
    page.redirect(await interactions.allow(page.raw, { session, orgId }));
  }

  private askToSignIn(page: Page, interaction: Interaction): void {
    const query = new URLSearchParams({ continue: page.ownUrl });
    if (page.signedIn) query.set('again', '1');
    if (interaction.kind === 'login' && interaction.loginHint !== undefined) query.set('email', interaction.loginHint);
    page.redirect(`/auth/sign-in?${query.toString()}`);
  }

  private isNewEnough({ signedInAfter }: LoginInteraction, signedInAt: Date): boolean {
    return signedInAfter === undefined || signedInAt >= signedInAfter;
  }
}
