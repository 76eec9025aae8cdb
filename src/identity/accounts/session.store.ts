import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { newToken, tokenHash } from './one-time-token.store.js';

/** A browser in which a person is signed in. */
export interface Session {
  /** `ses_…` */
  readonly id: string;
  readonly userId: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  /** Organization that the person works in at the moment. */
  readonly orgId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  /** When credentials were last shown. */
  readonly signedInAt: Date;
  readonly lastSeenAt: Date;
}

export interface NewSession {
  readonly userId: string;
  readonly amr: readonly string[];
  readonly orgId: string | null;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

const LIFE_DAYS = 30;
const IDLE_DAYS = 7;
const USER_AGENT_LENGTH = 300;

@Injectable()
export class SessionStore {
  /** @returns the cookie's value, which nobody can read again. */
  async insert(tx: SystemTx, fields: NewSession): Promise<{ id: string; token: string }> {
    const id = newId('session');
    const token = newToken();
    const userAgent = fields.userAgent?.slice(0, USER_AGENT_LENGTH) ?? null;
    await tx.sql`
      INSERT INTO user_session (id, user_id, hash, amr, current_org_id, address, user_agent, expires_at)
      VALUES (${id}, ${fields.userId}, ${tokenHash(token)}, ${fields.amr}, ${fields.orgId}, ${fields.address ?? null},
              ${userAgent}, now() + ${LIFE_DAYS}::int * interval '1 day')`;
    return { id, token };
  }

  /** The person has shown credentials once more: the same session with another cookie. */
  async renew(tx: SystemTx, id: string, amr: readonly string[]): Promise<{ id: string; token: string }> {
    const token = newToken();
    await tx.sql`
      UPDATE user_session SET hash = ${tokenHash(token)}, amr = ${amr}, signed_in_at = now(), last_seen_at = now()
      WHERE id = ${id} AND revoked_at IS NULL`;
    return { id, token };
  }

  /** Live sessions of people who are not disabled, newest first: by the cookie's value, by id, or all of a person. */
  private async live(
    tx: SystemTx,
    by: { hash?: string; id?: string; userId?: string },
  ): Promise<(Session & { isStale: boolean })[]> {
    return tx.sql<Session & { isStale: boolean }>`
      SELECT s.id, s.user_id AS "userId", s.amr, s.current_org_id AS "orgId", s.address, s.user_agent AS "userAgent",
             s.created_at AS "createdAt", s.signed_in_at AS "signedInAt", s.last_seen_at AS "lastSeenAt",
             s.last_seen_at < now() - interval '1 minute' AS "isStale"
      FROM user_session s JOIN user_account a ON a.id = s.user_id AND a.disabled_at IS NULL
      WHERE s.revoked_at IS NULL AND s.expires_at > now()
        AND s.last_seen_at > now() - ${IDLE_DAYS}::int * interval '1 day'
        AND (${by.hash ?? null}::text IS NULL OR s.hash = ${by.hash ?? null})
        AND (${by.id ?? null}::text IS NULL OR s.id = ${by.id ?? null})
        AND (${by.userId ?? null}::text IS NULL OR s.user_id = ${by.userId ?? null})
      ORDER BY s.last_seen_at DESC, s.id LIMIT 200`;
  }

  /** Remembers, at most once a minute, that the browser was seen. */
  async findByToken(tx: SystemTx, token: string): Promise<Session | undefined> {
    const [row] = await this.live(tx, { hash: tokenHash(token) });
    if (row?.isStale) await tx.sql`UPDATE user_session SET last_seen_at = now() WHERE id = ${row.id}`;
    return row;
  }

  async find(tx: SystemTx, id: string): Promise<Session | undefined> {
    return (await this.live(tx, { id }))[0];
  }

  async list(tx: SystemTx, userId: string): Promise<Session[]> {
    return this.live(tx, { userId });
  }

  async choose(tx: SystemTx, id: string, orgId: string): Promise<void> {
    await tx.sql`UPDATE user_session SET current_org_id = ${orgId} WHERE id = ${id}`;
  }

  /** @returns ids of those that were live. */
  async revoke(tx: SystemTx, userId: string, which: { id?: string; except?: string }): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE user_session SET revoked_at = now()
      WHERE user_id = ${userId} AND revoked_at IS NULL AND (${which.id ?? null}::text IS NULL OR id = ${which.id ?? null})
        AND (${which.except ?? null}::text IS NULL OR id <> ${which.except ?? null})
      RETURNING id`;
    return rows.map(({ id }) => id);
  }

  async dropDead(tx: SystemTx): Promise<void> {
    await tx.sql`DELETE FROM user_session WHERE expires_at < now() OR revoked_at < now() - interval '30 days'`;
  }
}
