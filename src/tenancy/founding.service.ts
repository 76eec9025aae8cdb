import { randomBytes } from 'node:crypto';
import { type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type SystemTx, UnitOfWork } from '../platform/db/index.js';
import { type Attribution, attributionOf, Outbox } from '../platform/outbox/index.js';
import { actingUser } from './acting-user.rules.js';
import { Members } from './members.store.js';
import { type FoundedOrganization, Organizations } from './organizations.store.js';
import { slugOf } from './slug.rules.js';
import { tenancyErrors } from './tenancy.errors.js';

/** Owned organizations per user. */
const MAX_OWNED = 20;

export interface FoundingRequest {
  /** Becomes the owner. */
  readonly userId: string;
  readonly name: string;
  readonly by: Attribution;
}

/** A user founds an organization: with it come the membership as owner and a first cluster. */
@Injectable()
export class Founding {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly members: Members,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `tenancy.too_many_organizations` */
  found(request: FoundingRequest): Promise<FoundedOrganization> {
    return this.uow.system('tenancy.found', (tx) => this.foundIn(tx, request));
  }

  /** As `found`, for a signed-in user. @throws AppError `tenancy.person_needed` */
  async foundFor(ctx: TenantContext, name: string): Promise<FoundedOrganization> {
    return this.found({ userId: actingUser(ctx), name, by: attributionOf(ctx) });
  }

  /** As `found`, in the transaction that makes the user. */
  async foundIn(tx: SystemTx, { userId, name, by }: FoundingRequest): Promise<FoundedOrganization> {
    if ((await this.members.countOwned(tx, userId)) >= MAX_OWNED) throw tenancyErrors.tooManyOrganizations(MAX_OWNED);
    const { defaultMaxCostMicros, defaultMaxDurationMs } = this.config.limits;
    const slug = slugOf(name, randomBytes(4).toString('hex'));
    const founded = await this.organizations.found(tx, { name, slug, defaultMaxCostMicros, defaultMaxDurationMs });
    const { orgId } = founded;
    await this.members.add(tx, { orgId, userId, role: 'owner', invitedBy: null });
    const data = { by, after: { name, slug }, userId };
    await this.outbox.append(tx, { type: 'tenancy.organization_founded', orgId, subject: orgId, data });
    return founded;
  }
}
