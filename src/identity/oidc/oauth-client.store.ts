import { Injectable } from '@nestjs/common';
import { json, type SystemTx, type TenantTx } from '../../platform/db/index.js';

export const CLIENT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** RFC 7517; public keys only. */
export interface PublicJwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export interface OauthClientRow {
  readonly orgId: string;
  readonly id: string;
  readonly kind: 'service' | 'worker';
  readonly name: string;
  readonly authMethod: ClientAuthMethod;
  readonly secretPrefix: string | null;
  readonly jwks: PublicJwks | null;
  readonly scopes: readonly string[];
  readonly dpopBound: boolean;
  readonly workerId: string | null;
  /** Raised when the scopes change. */
  readonly generation: number;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** What the authorization server compares with. */
export interface LiveClient extends OauthClientRow {
  /** SHA-256 of each secret that is in force, hex. */
  readonly secretHashes: readonly string[];
}

export interface NewOauthClient {
  readonly id: string;
  readonly kind: OauthClientRow['kind'];
  readonly name: string;
  readonly authMethod: ClientAuthMethod;
  readonly secretHash: string | null;
  readonly secretPrefix: string | null;
  readonly jwks: PublicJwks | null;
  readonly scopes: readonly string[];
  readonly dpopBound: boolean;
  readonly workerId: string | null;
  readonly createdBy: string | null;
  readonly expiresAt: Date | null;
}

const VIEW = `org_id AS "orgId", id, kind, name, auth_method AS "authMethod", secret_prefix AS "secretPrefix", jwks, scopes,
  dpop_bound AS "dpopBound", worker_id AS "workerId", generation, created_by AS "createdBy", created_at AS "createdAt",
  expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"`;

const LIVE = `SELECT ${VIEW}, array_remove(ARRAY[secret_hash,
    CASE WHEN previous_secret_until > now() THEN previous_secret_hash END], NULL) AS "secretHashes"
  FROM oauth_client WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

@Injectable()
export class OauthClientStore {
  async insert(tx: TenantTx, client: NewOauthClient): Promise<OauthClientRow> {
    const { id, kind, name, authMethod, secretHash, secretPrefix, jwks, scopes, dpopBound, workerId } = client;
    await tx.sql`
      INSERT INTO oauth_client (org_id, id, kind, name, auth_method, secret_hash, secret_prefix, jwks, scopes, dpop_bound,
                                worker_id, created_by, expires_at)
      VALUES (${tx.orgId}, ${id}, ${kind}, ${name}, ${authMethod}, ${secretHash}, ${secretPrefix},
              ${jwks === null ? null : json(jwks)}::jsonb, ${[...scopes]}, ${dpopBound}, ${workerId},
              ${client.createdBy}, ${client.expiresAt})`;
    const row = await this.find(tx, id);
    if (row === undefined) throw new Error('A client that was just written is not there.');
    return row;
  }

  async find(tx: TenantTx, id: string): Promise<OauthClientRow | undefined> {
    return (await tx.prepared<OauthClientRow>(`SELECT ${VIEW} FROM oauth_client WHERE id = $1`, [id])).rows[0];
  }

  /** Newest first, without those of workers. */
  async list(tx: TenantTx, page: { afterId: string | undefined; limit: number }): Promise<OauthClientRow[]> {
    const text = `SELECT ${VIEW} FROM oauth_client
      WHERE kind = 'service' AND ($1::text IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`;
    return (await tx.prepared<OauthClientRow>(text, [page.afterId ?? null, page.limit])).rows;
  }

  /** The earlier secret goes on until then. False when the client has ended or has no secret. */
  async replaceSecret(
    tx: TenantTx,
    id: string,
    { hash, prefix, overlapMs }: { hash: string; prefix: string; overlapMs: number },
  ): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE oauth_client
      SET previous_secret_hash = secret_hash, previous_secret_until = now() + make_interval(secs => ${overlapMs / 1_000}),
          secret_hash = ${hash}, secret_prefix = ${prefix}
      WHERE id = ${id} AND revoked_at IS NULL AND secret_hash IS NOT NULL RETURNING id`;
    return rows.length === 1;
  }

  /** @returns whether it was in force until now. */
  async revoke(tx: TenantTx, id: string): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE oauth_client SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL RETURNING id`;
    return rows.length === 1;
  }

  /** @returns ids of those that were in force. */
  async revokeOfWorker(tx: TenantTx, workerId: string): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE oauth_client SET revoked_at = now() WHERE worker_id = ${workerId} AND revoked_at IS NULL RETURNING id`;
    return rows.map(({ id }) => id);
  }

  /** @returns those that are in force, with the generation that their tokens have from now on. */
  setWorkerScopes(
    tx: TenantTx,
    workerId: string,
    scopes: readonly string[],
  ): Promise<{ id: string; generation: number }[]> {
    return tx.sql<{ id: string; generation: number }>`
      UPDATE oauth_client SET scopes = ${[...scopes]}, generation = generation + 1
      WHERE worker_id = ${workerId} AND revoked_at IS NULL RETURNING id, generation`;
  }

  async findLive(tx: SystemTx, id: string): Promise<LiveClient | undefined> {
    return (await tx.prepared<LiveClient>(LIVE, [id])).rows[0];
  }

  async touch(tx: SystemTx, ids: readonly string[]): Promise<void> {
    await tx.sql`
      UPDATE oauth_client SET last_used_at = now()
      WHERE id = ANY(${[...ids]}) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
  }
}
