import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BlobStore } from '../platform/blob/index.js';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { ErasureSteps } from '../tenancy/index.js';

const BATCH = 200;

function digestsAfter(tx: TenantTx, digest: string): Promise<{ digest: string }[]> {
  return tx.sql<{ digest: string }>`
    SELECT DISTINCT digest FROM blob_ref WHERE digest > ${digest} ORDER BY digest LIMIT ${BATCH}`;
}

/** Blobs and quarantined repositories of an organization that is erased. */
@Injectable()
export class RepositoryErasure implements OnModuleInit {
  constructor(
    private readonly steps: ErasureSteps,
    private readonly uow: UnitOfWork,
    private readonly blobs: BlobStore,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.steps.add({ name: 'blobs', erase: (orgId) => this.eraseBlobs(orgId) });
    this.steps.add({
      name: 'quarantine',
      erase: (orgId) => rm(join(this.config.dataDir, 'quarantine', orgId), { recursive: true, force: true }),
    });
  }

  private async eraseBlobs(orgId: string): Promise<void> {
    for (let last = '', more = true; more;) {
      const rows = await this.uow.tenantRead({ orgId }, (tx) => digestsAfter(tx, last));
      for (const { digest } of rows) await this.blobs.delete({ orgId, digest });
      last = rows.at(-1)?.digest ?? last;
      more = rows.length === BATCH;
    }
  }
}
