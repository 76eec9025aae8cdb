import { randomBytes } from 'node:crypto';
import type { SsoDomainView } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { isUniqueViolation, type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { normalDomain, recordName, recordValue } from './sso-domain.rules.js';
import { type SsoDomain, SsoDomainStore } from './sso-domain.store.js';
import { SsoIdentityStore } from './sso-identity.store.js';
import { SsoSessions } from './sso-sessions.service.js';
import { ssoErrors } from './sso.errors.js';
import { TxtRecords } from './txt-records.port.js';

/** Domains of the organization's addresses. */
@Injectable()
export class SsoDomains {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SsoDomainStore,
    private readonly identities: SsoIdentityStore,
    private readonly sessions: SsoSessions,
    private readonly records: TxtRecords,
    private readonly outbox: Outbox,
  ) {}

  async list(ctx: TenantContext): Promise<SsoDomainView[]> {
    return (await this.uow.tenantRead(ctx, (tx) => this.store.list(tx))).map(viewOf);
  }

  /** @throws AppError `identity.bad_domain`, `identity.domain_known` */
  async add(ctx: TenantContext, text: string): Promise<SsoDomainView> {
    const domain = normalDomain(text);
    if (domain === undefined) throw ssoErrors.badDomain();
    const fields = { id: newId('domain'), domain, token: randomBytes(16).toString('base64url') };
    await this.uow.tenant(ctx, async (tx) => {
      if (!(await this.store.insert(tx, fields))) throw ssoErrors.domainKnown();
      await this.tell(tx, ctx, fields, 'identity.domain_added');
    });
    return viewOf({ ...fields, verifiedAt: null });
  }

  /** Looks into DNS. @throws AppError `identity.domain_unproven`, `identity.domain_taken`, `identity.domain_not_found` */
  async verify(ctx: TenantContext, id: string): Promise<SsoDomainView> {
    const found = await this.existing(ctx, id);
    const name = recordName(found.domain);
    if (!(await this.records.at(name)).includes(recordValue(found.token))) throw ssoErrors.domainUnproven(name);
    try {
      await this.uow.tenant(ctx, async (tx) => {
        await this.store.verify(tx, id);
        await this.tell(tx, ctx, found, 'identity.domain_verified');
      });
    } catch (error) {
      throw isUniqueViolation(error) ? ssoErrors.domainTaken() : error;
    }
    return viewOf(await this.existing(ctx, id));
  }

  /** Sessions that stood on the company's word end. @throws AppError `identity.domain_not_found` */
  async remove(ctx: TenantContext, id: string): Promise<void> {
    const found = await this.existing(ctx, id);
    const users = await this.uow.tenant(ctx, async (tx) => {
      await this.store.delete(tx, id);
      await this.tell(tx, ctx, found, 'identity.domain_removed');
      return found.verifiedAt === null ? [] : this.identities.users(tx);
    });
    await this.sessions.endOf(users, ctx);
  }

  private async existing(ctx: TenantContext, id: string): Promise<SsoDomain> {
    const found = await this.uow.tenantRead(ctx, (tx) => this.store.find(tx, id));
    if (found === undefined) throw ssoErrors.domainNotFound(id);
    return found;
  }

  private tell(tx: TenantTx, ctx: TenantContext, { id, domain }: Pick<SsoDomain, 'id' | 'domain'>, type: string) {
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data: { domain, by: attributionOf(ctx) } });
  }
}

function viewOf({ id, domain, token, verifiedAt }: SsoDomain): SsoDomainView {
  const record = { name: recordName(domain), type: 'TXT', value: recordValue(token) } as const;
  return { id, domain, verifiedAt: verifiedAt?.toISOString() ?? null, record };
}
