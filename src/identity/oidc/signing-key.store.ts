import type { JWK } from 'jose';
import { Injectable } from '@nestjs/common';
import { json, type SystemTx } from '../../platform/db/index.js';

export interface SigningKeyRow {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly sealedKey: string;
  readonly activeFrom: Date;
}

/** Any number; every process takes the same. */
const LOCK = 0x6a776b;

@Injectable()
export class SigningKeyStore {
  /** Until the transaction ends, nobody else adds or removes keys. */
  async lock(tx: SystemTx): Promise<void> {
    await tx.sql`SELECT pg_advisory_xact_lock(${LOCK}::bigint)`;
  }

  async list(tx: SystemTx): Promise<SigningKeyRow[]> {
    return tx.sql<SigningKeyRow>`
      SELECT id AS kid, public_jwk AS "publicJwk", sealed_key AS "sealedKey", active_from AS "activeFrom"
      FROM signing_key ORDER BY active_from, id`;
  }

  async insert(tx: SystemTx, { kid, publicJwk, sealedKey, activeFrom }: SigningKeyRow): Promise<void> {
    await tx.sql`
      INSERT INTO signing_key (id, alg, public_jwk, sealed_key, active_from)
      VALUES (${kid}, ${publicJwk.alg ?? 'ES256'}, ${json(publicJwk)}::jsonb, ${sealedKey}, ${activeFrom})`;
  }

  async delete(tx: SystemTx, kids: readonly string[]): Promise<void> {
    await tx.sql`DELETE FROM signing_key WHERE id = ANY(${[...kids]})`;
  }
}
