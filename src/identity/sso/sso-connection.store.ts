import type { DirectoryRole, SsoClaims } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import { json, type SystemTx, type TenantTx } from '../../platform/db/index.js';

export interface SsoConnection {
  readonly orgId: string;
  readonly id: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly authMethod: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  readonly sealedSecret: string;
  readonly publicJwk: Record<string, unknown> | null;
  readonly scopes: string[];
  readonly claims: SsoClaims;
  readonly defaultRole: DirectoryRole;
  readonly provisioning: boolean;
  readonly enforced: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewSsoConnection = Omit<SsoConnection, 'orgId' | 'createdAt' | 'updatedAt'> & {
  readonly createdBy: string;
};

@Injectable()
export class SsoConnectionStore {
  /** The organization's, also while it is being removed. */
  async find(tx: TenantTx): Promise<SsoConnection | undefined> {
    const [row] = await tx.sql<SsoConnection>`
      SELECT org_id AS "orgId", id, issuer, client_id AS "clientId", auth_method AS "authMethod",
             sealed_secret AS "sealedSecret", public_jwk AS "publicJwk", scopes, claims, default_role AS "defaultRole",
             provisioning, enforced, created_at AS "createdAt", updated_at AS "updatedAt"
      FROM sso_connection`;
    return row;
  }

  /** Live ones: by id, or by a domain that its organization has verified. */
  async locate(tx: SystemTx, by: { id?: string; domain?: string }): Promise<SsoConnection | undefined> {
    const [row] = await tx.sql<SsoConnection>`
      SELECT c.org_id AS "orgId", c.id, c.issuer, c.client_id AS "clientId", c.auth_method AS "authMethod",
             c.sealed_secret AS "sealedSecret", c.public_jwk AS "publicJwk", c.scopes, c.claims,
             c.default_role AS "defaultRole", c.provisioning, c.enforced, c.created_at AS "createdAt",
             c.updated_at AS "updatedAt"
      FROM sso_connection c
      WHERE c.enabled AND (${by.id ?? null}::text IS NULL OR c.id = ${by.id ?? null})
        AND (${by.domain ?? null}::text IS NULL OR EXISTS (
          SELECT FROM sso_domain d
          WHERE d.org_id = c.org_id AND d.domain = ${by.domain ?? null} AND d.verified_at IS NOT NULL))`;
    return row;
  }

  async put(tx: TenantTx, it: NewSsoConnection): Promise<void> {
    const publicJwk = it.publicJwk && json(it.publicJwk);
    await tx.sql`
      INSERT INTO sso_connection (org_id, id, issuer, client_id, auth_method, sealed_secret, public_jwk, scopes, claims,
                                  default_role, provisioning, enforced, created_by)
      VALUES (${tx.orgId}, ${it.id}, ${it.issuer}, ${it.clientId}, ${it.authMethod}, ${it.sealedSecret},
              ${publicJwk}::jsonb, ${it.scopes}, ${json(it.claims)}::jsonb, ${it.defaultRole}, ${it.provisioning},
              ${it.enforced}, ${it.createdBy})
      ON CONFLICT (org_id) DO UPDATE SET
        issuer = excluded.issuer, client_id = excluded.client_id, auth_method = excluded.auth_method,
        sealed_secret = excluded.sealed_secret, public_jwk = excluded.public_jwk, scopes = excluded.scopes,
        claims = excluded.claims, default_role = excluded.default_role, provisioning = excluded.provisioning,
        enforced = excluded.enforced, enabled = true, updated_at = now()`;
  }

  async disable(tx: TenantTx): Promise<void> {
    await tx.sql`UPDATE sso_connection SET enabled = false, updated_at = now()`;
  }

  async delete(tx: TenantTx): Promise<void> {
    await tx.sql`DELETE FROM sso_connection`;
    await tx.sql`DELETE FROM sso_identity`;
  }
}
