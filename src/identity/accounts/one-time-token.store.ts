import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { json, type SystemTx } from '../../platform/db/index.js';

export type TokenPurpose =
  'sign_up' | 'reset_password' | 'second_factor' | 'passkey_register' | 'passkey_sign_in' | 'sso';

export interface NewToken {
  readonly purpose: TokenPurpose;
  readonly userId: string | null;
  /** JSON; goes to the database as it is. */
  readonly data: object;
  readonly ttlMs: number;
}

export interface OneTimeToken {
  readonly userId: string | null;
  readonly data: unknown;
}

interface Shown {
  readonly purpose: TokenPurpose;
  readonly token: string;
}

const BYTES = 32;

/** SHA-256, hex: tokens are random themselves. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function newToken(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** What may be shown once. The database keeps hashes only. */
@Injectable()
export class OneTimeTokenStore {
  /** @returns the token, which nobody can read again. */
  async issue(tx: SystemTx, { purpose, userId, data, ttlMs }: NewToken): Promise<string> {
    const token = newToken();
    await tx.sql`
      INSERT INTO account_token (hash, purpose, user_id, data, expires_at)
      VALUES (${tokenHash(token)}, ${purpose}, ${userId}, ${json(data)}::jsonb, now() + ${ttlMs}::float * interval '1 ms')`;
    return token;
  }

  async find(tx: SystemTx, { purpose, token }: Shown): Promise<OneTimeToken | undefined> {
    const [row] = await tx.sql<OneTimeToken>`
      SELECT user_id AS "userId", data FROM account_token
      WHERE hash = ${tokenHash(token)} AND purpose = ${purpose} AND expires_at > now()`;
    return row;
  }

  /** Of two at the same time, one gets it. */
  async consume(tx: SystemTx, { purpose, token }: Shown): Promise<OneTimeToken | undefined> {
    const [row] = await tx.sql<OneTimeToken & { isLive: boolean }>`
      DELETE FROM account_token WHERE hash = ${tokenHash(token)} AND purpose = ${purpose}
      RETURNING user_id AS "userId", data, expires_at > now() AS "isLive"`;
    return row?.isLive ? row : undefined;
  }

  /** Counts an answer before it is judged; undefined when there were too many, and then the token is gone. */
  async countTry(tx: SystemTx, shown: Shown, maxTries: number): Promise<OneTimeToken | undefined> {
    const hash = tokenHash(shown.token);
    const [row] = await tx.sql<OneTimeToken & { tries: number }>`
      UPDATE account_token SET failures = failures + 1
      WHERE hash = ${hash} AND purpose = ${shown.purpose} AND expires_at > now()
      RETURNING user_id AS "userId", data, failures AS tries`;
    if (row === undefined || row.tries <= maxTries) return row;
    await tx.sql`DELETE FROM account_token WHERE hash = ${hash}`;
    return undefined;
  }

  async dropOf(tx: SystemTx, userId: string, purpose: TokenPurpose): Promise<void> {
    await tx.sql`DELETE FROM account_token WHERE user_id = ${userId} AND purpose = ${purpose}`;
  }

  async dropExpired(tx: SystemTx): Promise<void> {
    await tx.sql`DELETE FROM account_token WHERE expires_at < now()`;
  }
}
