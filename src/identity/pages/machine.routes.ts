import { Injectable, Optional } from '@nestjs/common';
import { SignInThrottle } from '../accounts/sign-in-throttle.service.js';
import { codeLimits } from '../accounts/throttle.rules.js';
import { errorPage } from './error.view.js';
import { type Faults, waitText } from './form.view.js';
import { MachineApprovals } from './machine.port.js';
import { machineCodePage, machineDonePage, machinePage } from './machine.view.js';
import type { Page, SignedIn } from './page.js';
import type { PageRoute } from './page-server.js';
import { recentlySignedIn, signedIn } from './signed-in.rules.js';

const GONE = 'There is no machine that waits with this code. Codes are good for some minutes and once.';
const SKILL = 'skill:';

/** Letting a machine in that shows a code. */
@Injectable()
export class MachinePages {
  constructor(
    private readonly throttle: SignInThrottle,
    @Optional() private readonly approvals?: MachineApprovals,
  ) {}

  routes(): PageRoute[] {
    const { approvals } = this;
    if (approvals === undefined) return [];
    return [
      { method: 'GET', path: '/auth/machines', handler: signedIn((page) => this.ask(page)) },
      { method: 'POST', path: '/auth/machines', handler: signedIn((page, who) => this.look(page, who, approvals)) },
      {
        method: 'GET',
        path: '/auth/machines/:code',
        handler: signedIn((page, who) => this.show(page, who, approvals)),
      },
      {
        method: 'POST',
        path: '/auth/machines/:code',
        handler: recentlySignedIn((page, who) => this.decide(page, who, approvals)),
      },
    ];
  }

  private ask(page: Page, faults: Faults = {}): void {
    const code = page.body['code'] ?? page.query['code'] ?? '';
    const status = Object.keys(faults).length === 0 ? 200 : 422;
    page.show(machineCodePage({ csrf: page.csrf, code, faults }), { status });
  }

  /** Codes are short: guesses are counted. */
  private async look(page: Page, who: SignedIn, approvals: MachineApprovals): Promise<void> {
    const waitMs = await this.throttle.take(codeLimits(who.account.id));
    if (waitMs > 0) return this.ask(page, { form: waitText(waitMs) });
    const machine = await approvals.find((page.body['code'] ?? '').trim(), who);
    if (machine === undefined) return this.ask(page, { code: GONE });
    page.redirect(`/auth/machines/${encodeURIComponent(machine.code)}`);
  }

  private async show(page: Page, who: SignedIn, approvals: MachineApprovals): Promise<void> {
    const waitMs = await this.throttle.take(codeLimits(who.account.id));
    const machine = waitMs > 0 ? undefined : await approvals.find(page.params['code'] ?? '', who);
    if (machine === undefined) return page.show(errorPage(waitMs > 0 ? waitText(waitMs) : GONE), { status: 404 });
    page.show(machinePage({ csrf: page.csrf, machine }));
  }

  private async decide(page: Page, who: SignedIn, approvals: MachineApprovals): Promise<void> {
    const code = page.params['code'] ?? '';
    if (page.body['decision'] !== 'approve') {
      await approvals.refuse(code, who);
      return page.redirect('/auth/account');
    }
    const machine = await approvals.find(code, who);
    const skills = Object.keys(page.body)
      .filter((name) => name.startsWith(SKILL))
      .map((name) => name.slice(SKILL.length));
    const decision = { code, clusterId: page.body['cluster'] ?? '', skills, who };
    const isIn = machine !== undefined && (await approvals.approve(decision));
    if (!isIn) return page.show(errorPage(GONE), { status: 404 });
    page.show(machineDonePage(machine.name));
  }
}
