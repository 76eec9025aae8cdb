import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { RecentLookups } from './recent-lookups.js';
import { isSecret, newSecret, secretHash } from './secret.rules.js';
import { type KnownWorker, WorkerCredentialStore } from './worker-credential.store.js';

/** What a worker shows instead of a token once it is enrolled. */
@Injectable()
export class WorkerCredentials {
  private readonly lookups = new RecentLookups<KnownWorker>((hash) =>
    this.uow.system('identity.authenticate', (tx) => this.store.findByHash(tx, hash)),
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerCredentialStore,
  ) {}

  /** Text of a new credential, shown once. */
  async issue(tx: TenantTx, workerId: string): Promise<string> {
    const credential = newSecret('ccw');
    await this.store.insert(tx, { workerId, hash: secretHash(credential) });
    return credential;
  }

  /** Undefined when the credential is unknown or revoked. No query when it was asked for a moment ago. */
  async authenticate(bearer: string): Promise<KnownWorker | undefined> {
    return isSecret('ccw', bearer) ? this.lookups.get(secretHash(bearer)) : undefined;
  }

  /** Other processes may take them for five more seconds. */
  async revokeAll(tx: TenantTx, workerId: string): Promise<void> {
    const hashes = await this.store.revokeAll(tx, workerId);
    tx.afterCommit(() => hashes.forEach((hash) => this.lookups.forget(hash)));
  }
}
