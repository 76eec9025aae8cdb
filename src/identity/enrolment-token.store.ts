import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface NewEnrolmentToken {
  readonly id: string;
  readonly clusterId: string;
  readonly hash: string;
  readonly skills: readonly string[];
  readonly createdBy: string;
  readonly expiresAt: Date;
}

export interface RedeemedToken {
  readonly id: string;
  readonly clusterId: string;
  /** What the worker may be given; `*` is every skill. */
  readonly skills: string[];
}

export interface FoundEnrolmentToken {
  readonly orgId: string;
  readonly id: string;
  readonly isLive: boolean;
}

@Injectable()
export class EnrolmentTokenStore {
  async insert(tx: TenantTx, token: NewEnrolmentToken): Promise<void> {
    await tx.db.enrolmentToken.create({ data: { ...token, orgId: tx.orgId, skills: [...token.skills] } });
  }

  /** Used and expired ones, too. */
  async find(tx: SystemTx, hash: string): Promise<FoundEnrolmentToken | undefined> {
    const [row] = await tx.sql<FoundEnrolmentToken>`
      SELECT org_id AS "orgId", id, used_at IS NULL AND expires_at > now() AS "isLive"
      FROM enrolment_token WHERE hash = ${hash}`;
    return row;
  }

  /** Undefined when somebody was faster or it expired meanwhile. */
  async redeem(tx: TenantTx, hash: string, workerId: string): Promise<RedeemedToken | undefined> {
    const [row] = await tx.sql<RedeemedToken>`
      UPDATE enrolment_token SET used_at = now(), used_by_worker = ${workerId}
      WHERE hash = ${hash} AND used_at IS NULL AND expires_at > now()
      RETURNING id, cluster_id AS "clusterId", skills`;
    return row;
  }
}
