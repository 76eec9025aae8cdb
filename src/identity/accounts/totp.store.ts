import { Injectable } from '@nestjs/common';
import { Secret, TOTP } from 'otpauth';
import { AppConfig } from '../../platform/config/index.js';
import type { SystemTx } from '../../platform/db/index.js';
import { seal, totpSealKey, unseal } from './sealed.js';

export interface TotpSetup {
  /** `otpauth://…` for the QR code. */
  readonly uri: string;
  /** Base32, to be typed. */
  readonly secret: string;
}

const PERIOD_S = 30;
const SECRET_BYTES = 20;

function totpOf(secret: string, label = ''): TOTP {
  return new TOTP({ issuer: 'CoorChat', label, secret: Secret.fromBase32(secret), period: PERIOD_S });
}

/** Secrets of authenticator apps, sealed with a key that the database does not have. */
@Injectable()
export class TotpStore {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = totpSealKey(config.secretKey);
  }

  /** A new secret, in force once confirmed. An app that is in force stays until then. */
  async begin(tx: SystemTx, { id, email }: { id: string; email: string }): Promise<TotpSetup> {
    const [row] = await tx.sql<{ sealed: string | null; confirmed: boolean }>`
      SELECT totp_secret AS sealed, totp_confirmed_at IS NOT NULL AS confirmed FROM user_account WHERE id = ${id} FOR UPDATE`;
    if (row?.confirmed) throw new Error('An authenticator app is in force already.');
    const secret = row?.sealed ? unseal(this.key, row.sealed, id) : new Secret({ size: SECRET_BYTES }).base32;
    if (!row?.sealed) {
      await tx.sql`UPDATE user_account SET totp_secret = ${seal(this.key, secret, id)} WHERE id = ${id}`;
    }
    return { uri: totpOf(secret, email).toString(), secret };
  }

  /** The code counts once, in this window or a neighbour; the step only moves forward. */
  async use(tx: SystemTx, userId: string, code: string): Promise<boolean> {
    const [row] = await tx.sql<{ sealed: string | null }>`
      SELECT totp_secret AS sealed FROM user_account WHERE id = ${userId}`;
    if (!row?.sealed) return false;
    const now = Date.now();
    const delta = totpOf(unseal(this.key, row.sealed, userId)).validate({ token: code, timestamp: now, window: 1 });
    if (delta === null) return false;
    const step = Math.floor(now / 1000 / PERIOD_S) + delta;
    const rows = await tx.sql`
      UPDATE user_account SET totp_last_step = ${step}
      WHERE id = ${userId} AND (totp_last_step IS NULL OR totp_last_step < ${step}) RETURNING id`;
    return rows.length === 1;
  }

  async confirm(tx: SystemTx, userId: string): Promise<void> {
    await tx.sql`UPDATE user_account SET totp_confirmed_at = now() WHERE id = ${userId}`;
  }

  async drop(tx: SystemTx, userId: string): Promise<void> {
    await tx.sql`
      UPDATE user_account SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL WHERE id = ${userId}`;
  }
}
