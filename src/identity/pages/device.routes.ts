import { Injectable, Optional } from '@nestjs/common';
import { Refusals } from '../../platform/http/index.js';
import { SignInThrottle } from '../accounts/sign-in-throttle.service.js';
import { deviceCodeLimits } from '../accounts/throttle.rules.js';
import { type GrantableOrganization, Interactions, type PendingDevice } from '../oidc/interactions.port.js';
import { deviceCodePage, deviceDonePage, devicePage } from './device.view.js';
import { errorPage } from './error.view.js';
import { type Faults, waitText } from './form.view.js';
import { scopesLeft } from './machine-skills.view.js';
import { REFUSALS } from './interaction.routes.js';
import type { Page, SignedIn } from './page.js';
import type { PageRoute } from './page-server.js';
import { recentlySignedIn, type SignedInHandler } from './signed-in.rules.js';

/** Where people enter the code of a device: the `verification_uri`; `?user_code=` fills it in. */
export const DEVICE_PATH = '/auth/device';
const CONFIRM_PATH = '/auth/device/confirm';

const GONE = 'Nothing waits with this code. Codes are good for some minutes, and once.';

/** Letting in a machine or program that shows a code. Typing a code is no click on a link: both steps are forms. */
@Injectable()
export class DevicePages {
  constructor(
    private readonly throttle: SignInThrottle,
    private readonly refusals: Refusals,
    @Optional() private readonly interactions?: Interactions,
  ) {}

  routes(): PageRoute[] {
    const { interactions } = this;
    if (interactions === undefined) return [];
    const route = (method: 'GET' | 'POST', path: string, handler: SignedInHandler): PageRoute => ({
      method,
      path,
      handler: recentlySignedIn(handler),
    });
    return [
      route('GET', DEVICE_PATH, (page) => this.ask(page)),
      route('POST', DEVICE_PATH, (page, who) => this.show(page, who, interactions)),
      route('POST', CONFIRM_PATH, (page, who) => this.decide(page, who, interactions)),
    ];
  }

  private ask(page: Page, faults: Faults = {}): void {
    const code = page.body['user_code'] ?? page.query['user_code'] ?? '';
    const status = Object.keys(faults).length === 0 ? 200 : 422;
    page.show(deviceCodePage({ csrf: page.csrf, path: DEVICE_PATH, code, faults }), { status });
  }

  /** Codes are short: guesses are counted. */
  private async show(page: Page, who: SignedIn, interactions: Interactions): Promise<void> {
    const { account, session } = who;
    const waitMs = await this.throttle.take(deviceCodeLimits(account.id));
    if (waitMs > 0) return this.ask(page, { form: waitText(waitMs) });
    const device = await interactions.findDevice(page.body['user_code'] ?? '');
    if (device === undefined) {
      this.noteGuess(who);
      return this.ask(page, { user_code: GONE });
    }
    await this.throttle.forgive(deviceCodeLimits(account.id));
    const choices = await choicesOf(interactions, device, session);
    if (choices.length === 0) return page.show(errorPage(REFUSALS.nothing_to_grant), { status: 403 });
    page.show(devicePage({ csrf: page.csrf, path: CONFIRM_PATH, device, choices, currentOrgId: session.orgId }));
  }

  private noteGuess({ account, session, visitor }: SignedIn): void {
    const call = { ...visitor, route: `POST ${DEVICE_PATH}` };
    const actor = { kind: 'user', id: account.id } as const;
    const owner = session.orgId ? { orgId: session.orgId, actor } : undefined;
    this.refusals.unknown(call, { code: 'identity.unknown_device_code', message: GONE }, owner);
  }

  private async decide(page: Page, { session, visitor }: SignedIn, interactions: Interactions): Promise<void> {
    const userCode = page.body['user_code'] ?? '';
    const isApproved = page.body['decision'] === 'approve';
    if (!isApproved) {
      await interactions.denyDevice(userCode, { session, visitor });
      return page.show(deviceDonePage(false));
    }
    const device = await interactions.findDevice(userCode);
    if (device === undefined) return page.show(errorPage(GONE), { status: 410 });
    const choices = await choicesOf(interactions, device, session);
    const place = placeOf(page, choices);
    const outcome = await interactions.approveDevice(userCode, {
      ...{ session, visitor, ...place },
      scopes: scopesLeft(page.body, device),
    });
    if (outcome.kind === 'approved') return page.show(deviceDonePage(true));
    if (outcome.kind === 'no_skill') {
      const likely = { currentOrgId: place.orgId, clusterId: place.clusterId };
      const view = { csrf: page.csrf, path: CONFIRM_PATH, device, choices, ...likely };
      return page.showAgain(devicePage({ ...view, faults: { skills: REFUSALS.no_skill } }));
    }
    page.show(errorPage(outcome.kind === 'gone' ? GONE : REFUSALS[outcome.kind]), { status: 403 });
  }
}

async function choicesOf(interactions: Interactions, device: PendingDevice, session: SignedIn['session']) {
  return (await interactions.choices(device, session)).filter(({ scopes }) => scopes.length > 0);
}

/** A cluster says which organization is meant; an unknown one is left for the authorization server to refuse. */
function placeOf(
  { body }: Page,
  choices: readonly GrantableOrganization[],
): { readonly orgId: string; readonly clusterId?: string } {
  const { organization = '', cluster } = body;
  if (cluster === undefined) return { orgId: organization };
  const chosen = choices.find(({ clusters = [] }) => clusters.some(({ id }) => id === cluster));
  return { orgId: chosen?.orgId ?? choices[0]?.orgId ?? '', clusterId: cluster };
}
