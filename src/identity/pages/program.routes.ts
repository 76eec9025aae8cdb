import { Injectable, Optional } from '@nestjs/common';
import { Memberships } from '../../tenancy/index.js';
import { AllowedPrograms } from '../oidc/allowed-programs.service.js';
import type { Page, SignedIn } from './page.js';
import type { PageRoute } from './page-server.js';
import { programsPage } from './program.view.js';
import { signedIn } from './signed-in.rules.js';

export const PROGRAMS_PATH = '/auth/account/programs';
const REVOKE_PATH = '/auth/account/programs/revoke';

const LEFT = 'an organization that you left';

/** What a person let programs do; only where there is an authorization server. */
@Injectable()
export class ProgramPages {
  constructor(
    private readonly memberships: Memberships,
    @Optional() private readonly programs?: AllowedPrograms,
  ) {}

  routes(): PageRoute[] {
    const { programs } = this;
    if (programs === undefined) return [];
    return [
      { method: 'GET', path: PROGRAMS_PATH, handler: signedIn((page, who) => this.show(page, who, programs)) },
      { method: 'POST', path: REVOKE_PATH, handler: signedIn((page, who) => this.revoke(page, who, programs)) },
    ];
  }

  private async show(page: Page, { account }: SignedIn, allowed: AllowedPrograms): Promise<void> {
    const [granted, organizations] = await Promise.all([allowed.list(account.id), this.memberships.ofUser(account.id)]);
    const names = new Map(organizations.map(({ id, name }) => [id, name]));
    const programs = granted.map(({ id, orgId, clientName: name, scopes, createdAt: since, expiresAt: until }) => ({
      ...{ id, name, scopes, since, until },
      organization: names.get(orgId) ?? LEFT,
    }));
    const note = page.query['done'] === 'revoked' ? 'It was taken back.' : undefined;
    page.show(programsPage({ csrf: page.csrf, path: REVOKE_PATH, programs, note }));
  }

  private async revoke(page: Page, { session, visitor }: SignedIn, allowed: AllowedPrograms): Promise<void> {
    await allowed.end(page.body['id'] ?? '', { session, visitor });
    page.redirect(`${PROGRAMS_PATH}?done=revoked`);
  }
}
