import type { Role } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface Member {
  readonly orgId: string;
  readonly id: string;
  readonly userId: string;
  readonly role: Role;
  readonly createdAt: Date;
}

export interface NewMember {
  readonly orgId: string;
  readonly userId: string;
  readonly role: Role;
  /** User who invited this one; null for founders and members that a directory made. */
  readonly invitedBy: string | null;
}

export interface Membership {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly role: Role;
  /** Set while the organization is to be deleted. */
  readonly eraseAt: Date | null;
}

@Injectable()
export class Members {
  /** The user's place in the transaction's organization. */
  async find(tx: TenantTx, userId: string): Promise<Member | undefined> {
    const [row] = await tx.sql<Member>`
      SELECT org_id AS "orgId", id, user_id AS "userId", role, created_at AS "createdAt"
      FROM member WHERE user_id = ${userId}`;
    return row;
  }

  async findById(tx: TenantTx, id: string): Promise<Member | undefined> {
    const [row] = await tx.sql<Member>`
      SELECT org_id AS "orgId", id, user_id AS "userId", role, created_at AS "createdAt"
      FROM member WHERE id = ${id}`;
    return row;
  }

  /** Oldest first. */
  list(tx: TenantTx, page: { afterId: string | undefined; limit: number }): Promise<Member[]> {
    return tx.sql<Member>`
      SELECT org_id AS "orgId", id, user_id AS "userId", role, created_at AS "createdAt"
      FROM member WHERE id > ${page.afterId ?? ''} ORDER BY id LIMIT ${page.limit}`;
  }

  /** Every change of members takes this lock first: two owners cannot leave at the same time. */
  async lock(tx: TenantTx): Promise<void> {
    await tx.sql`SELECT id FROM organization FOR NO KEY UPDATE`;
  }

  async countOwners(tx: TenantTx): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`SELECT count(*)::int AS count FROM member WHERE role = 'owner'`;
    return row?.count ?? 0;
  }

  /** Undefined when the user is a member already. */
  async add(tx: TenantTx | SystemTx, member: NewMember): Promise<Member | undefined> {
    const [row] = await tx.sql<Member>`
      INSERT INTO member (org_id, id, user_id, role, invited_by)
      VALUES (${member.orgId}, ${newId('member')}, ${member.userId}, ${member.role}, ${member.invitedBy})
      ON CONFLICT (org_id, user_id) DO NOTHING
      RETURNING org_id AS "orgId", id, user_id AS "userId", role, created_at AS "createdAt"`;
    return row;
  }

  /** Under the lock. */
  async setRole(tx: TenantTx, id: string, role: Role): Promise<void> {
    await tx.sql`UPDATE member SET role = ${role}, updated_at = now() WHERE id = ${id}`;
  }

  /** Under the lock. */
  async delete(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`DELETE FROM member WHERE id = ${id}`;
  }

  /** Organizations that the user belongs to, oldest membership first. */
  ofUser(tx: SystemTx, userId: string): Promise<Membership[]> {
    return tx.sql<Membership>`
      SELECT o.id, o.name, o.slug, m.role, o.erase_at AS "eraseAt"
      FROM member m JOIN organization o ON o.id = m.org_id WHERE m.user_id = ${userId} ORDER BY m.id`;
  }

  async countOwned(tx: SystemTx, userId: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM member WHERE user_id = ${userId} AND role = 'owner'`;
    return row?.count ?? 0;
  }
}
