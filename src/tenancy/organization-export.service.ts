import { Readable } from 'node:stream';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import yazl from 'yazl';
import { UnitOfWork } from '../platform/db/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Logger } from '../platform/telemetry/index.js';
import type { ExportTable } from './export.rules.js';
import { ExportStore } from './export.store.js';

const README = `Everything that CoorChat keeps of the organization.

<table>.ndjson  one JSON object per line; secrets and their hashes are left out
blob_ref.ndjson the blobs: bundles, transcripts, artifacts, by digest
                (artifacts: GET /v1/work-requests/<id>/artifacts)
Each table is read in pages, one after the other: what changed meanwhile may be in one table and not in another.
`;

/** The whole organization as a ZIP archive that is made while it is read. */
@Injectable()
export class OrganizationExport {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ExportStore,
    private readonly outbox: Outbox,
    private readonly logger: Logger,
  ) {}

  /** A stream that breaks off, as every reader of ZIP notices, when a table cannot be read to its end. */
  async open(ctx: TenantContext): Promise<Readable> {
    const tables = await this.uow.tenant(ctx, async (tx) => {
      const data = { by: attributionOf(ctx) };
      const event = { type: 'tenancy.organization_exported', orgId: tx.orgId, subject: tx.orgId, data };
      await this.outbox.append(tx, event);
      return this.store.tables(tx);
    });
    return this.archive(ctx, tables);
  }

  private archive(ctx: TenantContext, tables: readonly ExportTable[]): Readable {
    const zip = new yazl.ZipFile();
    const output = zip.outputStream as Readable;
    const fail = (error: unknown) => {
      this.logger.warn('an export broke off', { error, orgId: ctx.orgId });
      output.destroy(error instanceof Error ? error : new Error(String(error)));
    };
    zip.on('error', fail);
    zip.addBuffer(Buffer.from(README), 'README.txt');
    for (const table of tables) {
      zip.addReadStream(Readable.from(this.lines(ctx, table)).on('error', fail), `${table.name}.ndjson`);
    }
    zip.end();
    return output;
  }

  /** A transaction per page: nothing is held while the reader is slow. */
  private async *lines(ctx: TenantContext, table: ExportTable): AsyncGenerator<string> {
    for (let after: readonly string[] | undefined, more = true; more;) {
      const page = await this.uow.tenantRead(ctx, (tx) => this.store.page(tx, table, after));
      if (page.rows.length > 0) yield page.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      after = page.next;
      more = after !== undefined;
    }
  }
}
