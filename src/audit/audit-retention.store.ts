import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

@Injectable()
export class AuditRetentionStore {
  /** Undefined where the organization chose nothing. */
  async chosen(tx: TenantTx): Promise<number | undefined> {
    const [row] = await tx.sql<{ days: number }>`SELECT days FROM audit_retention WHERE org_id = ${tx.orgId}`;
    return row?.days;
  }

  /** Null takes the choice back. */
  async choose(tx: TenantTx, days: number | null): Promise<void> {
    if (days === null) await tx.sql`DELETE FROM audit_retention WHERE org_id = ${tx.orgId}`;
    else {
      await tx.sql`
        INSERT INTO audit_retention (org_id, days) VALUES (${tx.orgId}, ${days})
        ON CONFLICT (org_id) DO UPDATE SET days = excluded.days, updated_at = now()`;
    }
  }

  async choices(tx: SystemTx): Promise<Map<string, number>> {
    const rows = await tx.sql<{ orgId: string; days: number }>`SELECT org_id AS "orgId", days FROM audit_retention`;
    return new Map(rows.map(({ orgId, days }) => [orgId, days]));
  }
}
