import type { OwnOrganization, Role } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { actingUser } from './acting-user.rules.js';
import { type Membership, Members } from './members.store.js';

/** A user's organizations, seen from the user: for sign-in, switching and the guard. */
@Injectable()
export class Memberships {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly members: Members,
  ) {}

  /** Oldest membership first. */
  ofUser(userId: string): Promise<Membership[]> {
    return this.uow.system('tenancy.memberships', (tx) => this.members.ofUser(tx, userId));
  }

  /** Undefined for someone who is no member. Not cached. */
  async roleOf(orgId: string, userId: string): Promise<Role | undefined> {
    return (await this.uow.tenantRead({ orgId }, (tx) => this.members.find(tx, userId)))?.role;
  }

  /** Those of the signed-in user. @throws AppError `tenancy.person_needed` */
  async own(ctx: TenantContext): Promise<OwnOrganization[]> {
    const memberships = await this.ofUser(actingUser(ctx));
    return memberships.map(({ eraseAt, ...organization }) => ({
      ...organization,
      current: organization.id === ctx.orgId,
      eraseAt: eraseAt?.toISOString() ?? null,
    }));
  }
}
