import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx, TenantTx } from '../platform/db/index.js';

/** The worker that a credential stands for. */
export interface KnownWorker {
  readonly orgId: string;
  readonly workerId: string;
}

@Injectable()
export class WorkerCredentialStore {
  async insert(tx: TenantTx, { workerId, hash }: { workerId: string; hash: string }): Promise<void> {
    await tx.db.workerCredential.create({ data: { orgId: tx.orgId, id: newId('credential'), workerId, hash } });
  }

  /** Hashes of the credentials that were alive. */
  async revokeAll(tx: TenantTx, workerId: string): Promise<string[]> {
    const rows = await tx.sql<{ hash: string }>`
      UPDATE worker_credential SET revoked_at = now() WHERE worker_id = ${workerId} AND revoked_at IS NULL RETURNING hash`;
    return rows.map(({ hash }) => hash);
  }

  async findByHash(tx: SystemTx, hash: string): Promise<KnownWorker | undefined> {
    const [row] = await tx.sql<KnownWorker>`
      SELECT org_id AS "orgId", worker_id AS "workerId" FROM worker_credential
      WHERE hash = ${hash} AND revoked_at IS NULL`;
    return row;
  }
}
