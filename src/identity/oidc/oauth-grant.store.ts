import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../../platform/db/index.js';

/** That a person let a client act for them in an organization. */
export interface OauthGrant {
  readonly orgId: string;
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly scopes: readonly string[];
  /** For a machine that was let in: where it is to work. */
  readonly clusterId: string | null;
  readonly sessionId: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly signedInAt: Date;
  readonly expiresAt: Date;
}

export interface ListedGrant extends OauthGrant {
  readonly createdAt: Date;
}

@Injectable()
export class OauthGrantStore {
  async insert(tx: SystemTx, grant: OauthGrant): Promise<void> {
    const { orgId, id, userId, clientId, clientName, scopes, clusterId, sessionId, amr, signedInAt, expiresAt } = grant;
    await tx.sql`
      INSERT INTO oauth_grant
        (org_id, id, user_id, client_id, client_name, scopes, cluster_id, session_id, amr, signed_in_at, expires_at)
      VALUES (${orgId}, ${id}, ${userId}, ${clientId}, ${clientName}, ${[...scopes]}, ${clusterId},
              ${sessionId}, ${[...amr]}, ${signedInAt}, ${expiresAt})`;
  }

  /** One that is still in force. */
  async findLive(tx: SystemTx, id: string): Promise<OauthGrant | undefined> {
    const [row] = await tx.sql<OauthGrant>`
      SELECT org_id AS "orgId", id, user_id AS "userId", client_id AS "clientId", client_name AS "clientName", scopes,
             cluster_id AS "clusterId", session_id AS "sessionId", amr, signed_in_at AS "signedInAt", expires_at AS "expiresAt"
      FROM oauth_grant WHERE id = ${id} AND revoked_at IS NULL AND expires_at > now()`;
    return row;
  }

  async listLive(tx: SystemTx, userId: string): Promise<ListedGrant[]> {
    return tx.sql<ListedGrant>`
      SELECT org_id AS "orgId", id, user_id AS "userId", client_id AS "clientId", client_name AS "clientName", scopes,
             cluster_id AS "clusterId", session_id AS "sessionId", amr, signed_in_at AS "signedInAt", expires_at AS "expiresAt", created_at AS "createdAt"
      FROM oauth_grant WHERE user_id = ${userId} AND revoked_at IS NULL AND expires_at > now()
      ORDER BY created_at DESC LIMIT 200`;
  }

  /** Ends it for its one purpose: of two who come at the same time, one gets it. */
  async useUp(tx: TenantTx, id: string): Promise<{ clusterId: string | null } | undefined> {
    const [row] = await tx.sql<{ clusterId: string | null }>`
      UPDATE oauth_grant SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL AND expires_at > now()
      RETURNING cluster_id AS "clusterId"`;
    return row;
  }

  /** @returns the organization, when it was in force until now. */
  async revoke(tx: SystemTx, id: string): Promise<{ orgId: string; userId: string; clientId: string } | undefined> {
    const [row] = await tx.sql<{ orgId: string; userId: string; clientId: string }>`
      UPDATE oauth_grant SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL
      RETURNING org_id AS "orgId", user_id AS "userId", client_id AS "clientId"`;
    return row;
  }

  /** @returns their ids. */
  async revokeAllOf(tx: SystemTx, userId: string): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE oauth_grant SET revoked_at = now() WHERE user_id = ${userId} AND revoked_at IS NULL RETURNING id`;
    return rows.map(({ id }) => id);
  }

  async dropDead(tx: SystemTx): Promise<void> {
    await tx.sql`DELETE FROM oauth_grant WHERE least(expires_at, revoked_at) < now() - interval '30 days'`;
  }
}
