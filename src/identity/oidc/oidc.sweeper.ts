import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../../platform/db/index.js';
import { JobHandlers } from '../../platform/queue/index.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import { OidcRecordStore } from './oidc-record.store.js';
import { SigningKeys } from './signing-keys.service.js';

const EVERY_MS = 5 * 60_000;
const BATCH = 5_000;

/** Drops what has expired, and has keys succeed each other in time. */
@Injectable()
export class OidcSweeper implements OnModuleInit {
  constructor(
    private readonly jobs: JobHandlers,
    private readonly uow: UnitOfWork,
    private readonly records: OidcRecordStore,
    private readonly grants: OauthGrantStore,
    private readonly keys: SigningKeys,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({ name: 'identity.oauth', everyMs: EVERY_MS, sweep: (signal) => this.sweep(signal) });
  }

  async sweep(signal: AbortSignal): Promise<void> {
    await this.keys.renew();
    await this.uow.system('identity.oauth', (tx) => this.grants.dropDead(tx));
    let dropped = BATCH;
    while (dropped === BATCH && !signal.aborted) {
      dropped = await this.uow.system('identity.oauth', (tx) => this.records.dropExpired(tx, BATCH));
    }
  }
}
