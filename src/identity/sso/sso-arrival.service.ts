import { tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { MemberChanges, Members } from '../../tenancy/index.js';
import type { Account } from '../accounts/account.store.js';
import { Accounts } from '../accounts/accounts.service.js';
import type { Visitor } from '../accounts/visitor.js';
import { personOf, type RefusedClaims, type VouchedPerson } from './sso-claims.rules.js';
import type { SsoConnection } from './sso-connection.store.js';
import { domainOf } from './sso-domain.rules.js';
import { SsoDomainStore } from './sso-domain.store.js';
import { SsoIdentityStore } from './sso-identity.store.js';

export type RefusedArrival = RefusedClaims | 'not_provisioned' | 'bound_otherwise' | 'disabled';

export interface Arrival {
  readonly connection: SsoConnection;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly visitor: Visitor;
}

export interface Arrived {
  readonly account: Account;
  readonly person: VouchedPerson;
}

/** Finds or makes the account of somebody for whom a company vouches, and the place in the organization. */
@Injectable()
export class SsoArrivals {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: Accounts,
    private readonly identities: SsoIdentityStore,
    private readonly domains: SsoDomainStore,
    private readonly members: Members,
    private readonly changes: MemberChanges,
    private readonly outbox: Outbox,
  ) {}

  async take(arrival: Arrival): Promise<Arrived | RefusedArrival> {
    const { connection, claims } = arrival;
    const domains = await this.uow.tenantRead(connection, (tx) => this.domains.verified(tx));
    const person = personOf({ claims, names: connection.claims, domains });
    if (typeof person === 'string') return person;
    const account = await this.accountOf(connection, person);
    if (account === undefined) return 'not_provisioned';
    if (account.isDisabled) return 'disabled';
    // The company speaks for accounts of its own domains only, whatever it once called its subject.
    if (!domains.includes(domainOf(account.email) ?? '')) return 'foreign_domain';
    const fault = await this.settle(account, person, arrival);
    return fault ?? { account, person };
  }

  private async accountOf(connection: SsoConnection, { subject, email, name }: VouchedPerson) {
    const { issuer, provisioning } = connection;
    const bound = await this.uow.tenantRead(connection, (tx) => this.identities.userOf(tx, { issuer, subject }));
    if (bound !== undefined) return this.accounts.find(bound);
    if (!provisioning) return this.accounts.findByEmail(email);
    return this.uow.system('identity.account', (tx) => this.accounts.ensure(tx, { email, name }));
  }

  private settle(account: Account, person: VouchedPerson, arrival: Arrival): Promise<RefusedArrival | undefined> {
    const { connection } = arrival;
    return this.uow.tenant(connection, async (tx) => {
      await this.members.lock(tx);
      const isMember = (await this.members.find(tx, account.id)) !== undefined;
      if (!isMember && !connection.provisioning) return 'not_provisioned';
      const { issuer } = connection;
      const { subject } = person;
      const isKnown = (await this.identities.userOf(tx, { issuer, subject })) === account.id;
      if (!(await this.identities.bind(tx, { issuer, subject, userId: account.id }))) return 'bound_otherwise';
      await this.welcome(tx, account, { ...arrival, isKnown, isMember });
      return undefined;
    });
  }

  private async welcome(
    tx: TenantTx,
    { id: userId }: Account,
    { connection, visitor, isKnown, isMember }: Arrival & { isKnown: boolean; isMember: boolean },
  ): Promise<void> {
    const { orgId, id, defaultRole: role } = connection;
    const by = attributionOf({ actor: { kind: 'user', id: userId }, ...visitor });
    const ctx = tenantContext({ ...by, orgId, scopes: new Set() });
    if (!isMember) await this.changes.join(tx, ctx, { userId, role, invitedBy: null });
    const data = { userId, connectionId: id, by };
    if (!isKnown) await this.outbox.append(tx, { type: 'identity.sso_linked', orgId, subject: userId, data });
  }
}
