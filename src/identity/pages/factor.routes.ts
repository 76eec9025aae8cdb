import { Injectable } from '@nestjs/common';
import { Passkeys } from '../accounts/passkeys.service.js';
import { SecondFactor } from '../accounts/second-factor.service.js';
import { newPasskeyPage, recoveryCodesPage, totpSetupPage } from './factor.view.js';
import { waitText } from './form.view.js';
import type { Page, SignedIn } from './page.js';
import type { PageRoute } from './page-server.js';
import { recentlySignedIn, type SignedInHandler } from './signed-in.rules.js';
import { browserName } from './user-agent.rules.js';

const HOME = '/auth/account';
const CHALLENGE_S = 5 * 60;
const NAME_LENGTH = 60;

/** How a person signs in: authenticator app, recovery codes, passkeys. All of it asks for a recent sign-in. */
@Injectable()
export class FactorPages {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly passkeys: Passkeys,
  ) {}

  routes(): PageRoute[] {
    const route = (method: 'GET' | 'POST', path: string, handler: SignedInHandler): PageRoute => ({
      method,
      path: HOME + path,
      handler: recentlySignedIn(handler),
    });
    return [
      route('GET', '/totp', (page, who) => this.showSetup(page, who)),
      route('POST', '/totp', (page, who) => this.enable(page, who)),
      route('POST', '/totp/remove', (page, who) => this.disable(page, who)),
      route('POST', '/recovery-codes', (page, who) => this.renewCodes(page, who)),
      route('GET', '/passkeys/new', (page, who) => this.showNew(page, who)),
      route('POST', '/passkeys/options', (page, who) => this.options(page, who)),
      route('POST', '/passkeys', (page, who) => this.add(page, who)),
      route('POST', '/passkeys/remove', (page, who) => this.remove(page, who)),
    ];
  }

  private async showSetup(page: Page, { account }: SignedIn): Promise<void> {
    if (account.hasTotp) return page.redirect(HOME);
    page.show(totpSetupPage({ csrf: page.csrf, setup: await this.secondFactor.begin(account) }));
  }

  private async enable(page: Page, who: SignedIn): Promise<void> {
    if (who.account.hasTotp) return page.redirect(HOME);
    const outcome = await this.secondFactor.enable(who, page.body['code'] ?? '');
    if (outcome.kind === 'enabled') return page.show(recoveryCodesPage(outcome.recoveryCodes));
    const fault =
      outcome.kind === 'throttled' ? waitText(outcome.waitMs) : 'This code is not right. Is the clock right?';
    const setup = await this.secondFactor.begin(who.account);
    page.showAgain(totpSetupPage({ csrf: page.csrf, setup, faults: { code: fault } }));
  }

  private async disable(page: Page, who: SignedIn): Promise<void> {
    await this.secondFactor.disable(who);
    page.redirect(`${HOME}?done=totp-removed`);
  }

  private async renewCodes(page: Page, who: SignedIn): Promise<void> {
    if (!who.account.hasTotp) return page.redirect(HOME);
    page.show(recoveryCodesPage(await this.secondFactor.renewCodes(who)));
  }

  private showNew(page: Page, { visitor }: SignedIn): void {
    if (!this.passkeys.isAvailableAt(page.site)) return page.redirect(HOME);
    page.show(newPasskeyPage({ csrf: page.csrf, suggestion: browserName(visitor.origin.userAgent ?? null) }));
  }

  private async options(page: Page, who: SignedIn): Promise<void> {
    const { options, token } = await this.passkeys.beginAdding(who, page.site);
    page.cookies.set('passkey', token, { maxAgeS: CHALLENGE_S });
    page.answer({ options });
  }

  private async add(page: Page, who: SignedIn): Promise<void> {
    const token = page.cookies.get('passkey') ?? '';
    const name =
      (page.body['name'] ?? '')
        .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
        .trim()
        .slice(0, NAME_LENGTH) || 'Passkey';
    const response = (page.json as { response?: unknown }).response;
    const outcome = await this.passkeys.finishAdding(who, name, { token, response, site: page.site });
    page.cookies.clear('passkey');
    if (outcome === 'refused') return page.answer({ message: 'This passkey was not accepted.' }, 422);
    page.answer({ location: `${HOME}?done=passkey` });
  }

  private async remove(page: Page, who: SignedIn): Promise<void> {
    await this.passkeys.remove(who, page.body['id'] ?? '');
    page.redirect(`${HOME}?done=passkey-removed`);
  }
}
