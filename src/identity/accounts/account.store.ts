import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';

/** A person. */
export interface Account {
  /** `usr_…` */
  readonly id: string;
  /** Lower case; they have shown that they read its mail. */
  readonly email: string;
  readonly name: string;
  readonly hasPassword: boolean;
  readonly hasTotp: boolean;
  readonly isDisabled: boolean;
  readonly createdAt: Date;
}

export interface NewAccount {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
}

/** Addresses are compared without regard to case and composition. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

@Injectable()
export class AccountStore {
  async find(tx: SystemTx, id: string): Promise<Account | undefined> {
    return (await this.list(tx, [id]))[0];
  }

  async list(tx: SystemTx, ids: readonly string[]): Promise<Account[]> {
    return tx.sql<Account>`
      SELECT id, email, name, password_hash IS NOT NULL AS "hasPassword", totp_confirmed_at IS NOT NULL AS "hasTotp",
             disabled_at IS NOT NULL AS "isDisabled", created_at AS "createdAt"
      FROM user_account WHERE id = ANY(${ids})`;
  }

  async findByEmail(tx: SystemTx, email: string): Promise<Account | undefined> {
    const [row] = await tx.sql<{ id: string }>`SELECT id FROM user_account WHERE email = ${normalEmail(email)}`;
    return row && this.find(tx, row.id);
  }

  async passwordHash(tx: SystemTx, id: string): Promise<string | undefined> {
    const [row] = await tx.sql<{
      hash: string | null;
    }>`SELECT password_hash AS hash FROM user_account WHERE id = ${id}`;
    return row?.hash ?? undefined;
  }

  /** Undefined when the address has an account already. */
  async insert(tx: SystemTx, { email, name, passwordHash }: NewAccount): Promise<Account | undefined> {
    const id = newId('user');
    const [row] = await tx.sql`
      INSERT INTO user_account (id, email, name, password_hash, password_changed_at)
      VALUES (${id}, ${normalEmail(email)}, ${name}, ${passwordHash}, CASE WHEN ${passwordHash}::text IS NULL THEN NULL ELSE now() END)
      ON CONFLICT (email) DO NOTHING RETURNING id`;
    return row && this.find(tx, id);
  }

  async setPassword(tx: SystemTx, id: string, passwordHash: string): Promise<void> {
    await tx.sql`
      UPDATE user_account SET password_hash = ${passwordHash}, password_changed_at = now(), updated_at = now()
      WHERE id = ${id}`;
  }

  async setDisabled(tx: SystemTx, id: string, disabledAt: Date | null): Promise<void> {
    await tx.sql`UPDATE user_account SET disabled_at = ${disabledAt}, updated_at = now() WHERE id = ${id}`;
  }
}
