import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '../db/index.js';
import { Broadcast } from '../queue/index.js';
import type { Revocation } from './revocation.js';
import { RevocationStore } from './revocation.store.js';

/** Where rooms say that a credential, or what stands behind it, is void. Also the injection token. */
@Injectable()
export class Revocations {
  constructor(
    @Inject(RevocationStore) private readonly store: RevocationStore,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
  ) {}

  /** In the transaction of the act itself; after its commit every process hears it within two seconds. */
  async publish(tx: Tx, revocations: Revocation | readonly Revocation[]): Promise<void> {
    const list: readonly Revocation[] = 'kind' in revocations ? [revocations] : revocations;
    if (list.length === 0) return;
    tx.afterCommit(() => this.broadcast.publish('revocation.published', {}));
    await this.store.append(tx, list);
  }
}
