import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';
import { Revocations } from '../platform/revocation/index.js';
import { type MemberChange, MemberCredentials } from '../tenancy/index.js';
import { ApiKeyStore } from './api-key.store.js';
import { endsWithRole } from './member-key.rules.js';

/** Personal keys end with the role that they stood on. */
@Injectable()
export class MemberKeys extends MemberCredentials {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly revocations: Revocations,
  ) {
    super();
  }

  override async memberChanged(tx: TenantTx, { userId, before, after }: MemberChange): Promise<void> {
    const keys = await this.store.activeOfUser(tx, userId);
    const ending = keys.filter((key) => endsWithRole(key, before, after)).map(({ id }) => id);
    await this.store.revokeAll(tx, ending);
    await this.revocations.publish(
      tx,
      ending.map((id) => ({ kind: 'key', id })),
    );
  }
}
