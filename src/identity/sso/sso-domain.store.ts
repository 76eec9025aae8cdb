import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../../platform/db/index.js';

export interface SsoDomain {
  readonly id: string;
  readonly domain: string;
  readonly token: string;
  readonly verifiedAt: Date | null;
}

@Injectable()
export class SsoDomainStore {
  list(tx: TenantTx): Promise<SsoDomain[]> {
    return tx.sql<SsoDomain>`
      SELECT id, domain, token, verified_at AS "verifiedAt" FROM sso_domain ORDER BY id LIMIT 200`;
  }

  async find(tx: TenantTx, id: string): Promise<SsoDomain | undefined> {
    const [row] = await tx.sql<SsoDomain>`
      SELECT id, domain, token, verified_at AS "verifiedAt" FROM sso_domain WHERE id = ${id}`;
    return row;
  }

  async verified(tx: TenantTx): Promise<string[]> {
    const rows = await tx.sql<{ domain: string }>`SELECT domain FROM sso_domain WHERE verified_at IS NOT NULL`;
    return rows.map(({ domain }) => domain);
  }

  /** False when it is on the list already. */
  async insert(tx: TenantTx, { id, domain, token }: Omit<SsoDomain, 'verifiedAt'>): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO sso_domain (org_id, id, domain, token) VALUES (${tx.orgId}, ${id}, ${domain}, ${token})
      ON CONFLICT (org_id, domain) DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** @throws a unique violation when another organization has verified it */
  async verify(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`UPDATE sso_domain SET verified_at = coalesce(verified_at, now()) WHERE id = ${id}`;
  }

  async delete(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`DELETE FROM sso_domain WHERE id = ${id}`;
  }
}
