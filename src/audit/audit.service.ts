import type { AuditExportQuery, AuditHead, AuditQuery, AuditRecordView, Page } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { GENESIS_HASH } from './audit-record.js';
import { EXPORT_FORMS } from './audit-export.rules.js';
import { auditErrors } from './audit.errors.js';
import { type AuditFilter, AuditStore } from './audit.store.js';
import { auditRecordView } from './audit.view.js';

const EXPORT_BATCH = 500;

function seqOfCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[1-9]\d{0,14}$/.test(text)) throw auditErrors.badCursor();
  return Number(text);
}

function filterOf({ type, actor, object, from, to }: Omit<AuditExportQuery, 'format'>): AuditFilter {
  return {
    types: type,
    actorId: actor,
    subject: object,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

/** What an organization may see of its own trail. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: AuditStore,
    private readonly outbox: Outbox,
  ) {}

  /** Newest first. */
  async list(ctx: TenantContext, { cursor, limit, ...query }: AuditQuery): Promise<Page<AuditRecordView>> {
    const page = { filter: filterOf(query), beforeSeq: seqOfCursor(cursor), limit: limit + 1 };
    const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, page));
    const items = rows.slice(0, limit).map(auditRecordView);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? Buffer.from(String(last.seq)).toString('base64url') : null };
  }

  async head(ctx: TenantContext): Promise<AuditHead> {
    const head = await this.uow.tenantRead(ctx, (tx) => this.store.head(tx, ctx.orgId));
    const { seq, hash, firstSeq } = head ?? { seq: 0, hash: GENESIS_HASH, firstSeq: 1 };
    return { seq, hash, firstSeq, at: new Date().toISOString() };
  }

  /** Newest first, as text; goes on record itself. Each batch is a transaction of its own. */
  async *export(ctx: TenantContext, { format, ...query }: AuditExportQuery): AsyncGenerator<string> {
    const filter = filterOf(query);
    const { head, line } = EXPORT_FORMS[format];
    await this.note(ctx, { format, filter });
    yield head;
    let beforeSeq: number | undefined;
    do {
      const page = { filter, beforeSeq, limit: EXPORT_BATCH };
      const rows = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, page));
      if (rows.length > 0) yield rows.map((row) => line(auditRecordView(row))).join('');
      beforeSeq = rows.length < EXPORT_BATCH ? undefined : rows.at(-1)?.seq;
    } while (beforeSeq !== undefined);
  }

  private async note(ctx: TenantContext, what: object): Promise<void> {
    const data = { by: attributionOf(ctx), ...what };
    await this.uow.tenant(ctx, (tx) =>
      this.outbox.append(tx, { type: 'audit.exported', orgId: ctx.orgId, subject: ctx.orgId, data }),
    );
  }
}
