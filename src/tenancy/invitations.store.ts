import type { Role } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly sentAt: Date;
  readonly sends: number;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewInvitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly hash: string;
  readonly invitedBy: string;
  readonly expiresAt: Date;
}

/** What the token in a mail leads to. */
export interface OpenInvitation extends Pick<Invitation, 'id' | 'email' | 'role' | 'invitedBy'> {
  readonly orgId: string;
  readonly organizationName: string;
}

@Injectable()
export class InvitationStore {
  list(tx: TenantTx, page: { afterId: string | undefined; limit: number }): Promise<Invitation[]> {
    const where = page.afterId === undefined ? {} : { id: { lt: page.afterId } };
    return tx.db.invitation.findMany({ where, orderBy: { id: 'desc' }, take: page.limit }) as Promise<Invitation[]>;
  }

  async find(tx: TenantTx, id: string): Promise<Invitation | undefined> {
    return ((await tx.db.invitation.findFirst({ where: { id } })) as Invitation | null) ?? undefined;
  }

  /** One that was neither accepted nor revoked; it may have expired. */
  async findOpen(tx: TenantTx, email: string): Promise<Invitation | undefined> {
    const where = { email, acceptedAt: null, revokedAt: null };
    return ((await tx.db.invitation.findFirst({ where })) as Invitation | null) ?? undefined;
  }

  async insert(tx: TenantTx, invitation: NewInvitation): Promise<Invitation> {
    return (await tx.db.invitation.create({ data: { ...invitation, orgId: tx.orgId } })) as Invitation;
  }

  /** With a new token: the old mail leads nowhere any more. */
  async renew(tx: TenantTx, id: string, fields: { hash: string; expiresAt: Date }): Promise<Invitation> {
    const data = { ...fields, sentAt: new Date(), sends: { increment: 1 } };
    return (await tx.db.invitation.update({ where: { orgId_id: { orgId: tx.orgId, id } }, data })) as Invitation;
  }

  async revoke(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`
      UPDATE invitation SET revoked_at = now() WHERE id = ${id} AND accepted_at IS NULL AND revoked_at IS NULL`;
  }

  /** Ids of those that were open. */
  async revokeOf(tx: TenantTx, { invitedBy, roles }: { invitedBy: string; roles: readonly Role[] }): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE invitation SET revoked_at = now()
      WHERE invited_by = ${invitedBy} AND role = ANY(${[...roles]}) AND accepted_at IS NULL AND revoked_at IS NULL
      RETURNING id`;
    return rows.map(({ id }) => id);
  }

  /** Mails of the last 24 hours; a renewed invitation counts all of its mails. */
  async sentLately(tx: TenantTx): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT coalesce(sum(sends), 0)::int AS count FROM invitation WHERE sent_at > now() - interval '24 hours'`;
    return row?.count ?? 0;
  }

  /** False when it is no longer open: of two at the same time, one gets it. */
  async accept(tx: TenantTx, id: string, hash: string): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE invitation SET accepted_at = now()
      WHERE id = ${id} AND hash = ${hash} AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
      RETURNING id`;
    return rows.length === 1;
  }

  async findByHash(tx: SystemTx, hash: string): Promise<OpenInvitation | undefined> {
    const [row] = await tx.sql<OpenInvitation>`
      SELECT i.org_id AS "orgId", i.id, i.email, i.role, i.invited_by AS "invitedBy", o.name AS "organizationName"
      FROM invitation i JOIN organization o ON o.id = i.org_id
      WHERE i.hash = ${hash} AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
        AND o.erase_at IS NULL`;
    return row;
  }
}
