import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../../platform/db/index.js';

export interface SsoIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly userId: string;
}

/** Whom a company's provider means by its subjects. */
@Injectable()
export class SsoIdentityStore {
  async userOf(
    tx: TenantTx,
    { issuer, subject }: Pick<SsoIdentity, 'issuer' | 'subject'>,
  ): Promise<string | undefined> {
    const [row] = await tx.sql<{ userId: string }>`
      SELECT user_id AS "userId" FROM sso_identity WHERE issuer = ${issuer} AND subject = ${subject}`;
    return row?.userId;
  }

  /** False when the subject or the person is bound otherwise. */
  async bind(tx: TenantTx, { issuer, subject, userId }: SsoIdentity): Promise<boolean> {
    await tx.sql`
      INSERT INTO sso_identity (org_id, issuer, subject, user_id) VALUES (${tx.orgId}, ${issuer}, ${subject}, ${userId})
      ON CONFLICT DO NOTHING`;
    return (await this.userOf(tx, { issuer, subject })) === userId;
  }

  async users(tx: TenantTx): Promise<string[]> {
    const rows = await tx.sql<{ userId: string }>`SELECT DISTINCT user_id AS "userId" FROM sso_identity`;
    return rows.map(({ userId }) => userId);
  }
}
