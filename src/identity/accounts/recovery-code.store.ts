import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import type { SystemTx } from '../../platform/db/index.js';
import { recoveryCodeKey } from './sealed.js';

const COUNT = 10;
/** No letters that look like digits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const LENGTH = 12;

function newCode(): string {
  const letters: string[] = [];
  while (letters.length < LENGTH) {
    letters.push(...[...randomBytes(LENGTH)].filter((byte) => byte < 31 * 8).map((byte) => ALPHABET.charAt(byte % 31)));
  }
  return `${letters.slice(0, 4).join('')}-${letters.slice(4, 8).join('')}-${letters.slice(8, 12).join('')}`;
}

@Injectable()
export class RecoveryCodeStore {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = recoveryCodeKey(config.secretKey);
  }

  /** In place of all earlier ones. @returns the codes, which nobody can read again */
  async renew(tx: SystemTx, userId: string): Promise<string[]> {
    await this.dropAll(tx, userId);
    const codes = Array.from({ length: COUNT }, newCode);
    const hashes = codes.map((code) => this.hash(userId, code));
    await tx.sql`INSERT INTO recovery_code (user_id, hash) SELECT ${userId}, unnest(${hashes}::text[])`;
    return codes;
  }

  /** Each counts once. */
  async use(tx: SystemTx, userId: string, code: string): Promise<boolean> {
    const hash = this.hash(userId, code);
    const rows = await tx.sql`DELETE FROM recovery_code WHERE user_id = ${userId} AND hash = ${hash} RETURNING hash`;
    return rows.length === 1;
  }

  async count(tx: SystemTx, userId: string): Promise<number> {
    const [row] = await tx.sql<{ count: number }>`
      SELECT count(*)::int AS count FROM recovery_code WHERE user_id = ${userId}`;
    return row?.count ?? 0;
  }

  async dropAll(tx: SystemTx, userId: string): Promise<void> {
    await tx.sql`DELETE FROM recovery_code WHERE user_id = ${userId}`;
  }

  private hash(userId: string, code: string): string {
    const plain = code.toLowerCase().replace(/[^a-z0-9]/g, '');
    return createHmac('sha256', this.key).update(`${userId} ${plain}`).digest('hex');
  }
}
