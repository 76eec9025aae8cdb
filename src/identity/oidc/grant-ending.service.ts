import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Revocations } from '../../platform/revocation/index.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import { OidcRecordStore } from './oidc-record.store.js';

/** Ends what people let clients do: every token that came out of it is void. */
@Injectable()
export class GrantEnding {
  constructor(
    private readonly grants: OauthGrantStore,
    private readonly records: OidcRecordStore,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  async end(tx: SystemTx, grantId: string, by?: object): Promise<void> {
    const ended = await this.grants.revoke(tx, grantId);
    await this.records.destroyOfGrant(tx, grantId);
    if (ended === undefined) return;
    await this.revocations.publish(tx, { kind: 'grant', id: grantId });
    const { orgId, userId, clientId } = ended;
    const actor = { kind: 'client', id: clientId };
    const data = { by: by ?? { actor, requestId: '' }, userId, clientId };
    await this.outbox.append(tx, { type: 'identity.grant_revoked', orgId, subject: grantId, data });
  }

  /** All of a person's: they signed out everywhere. */
  async endAllOf(tx: SystemTx, userId: string): Promise<void> {
    for (const grantId of await this.grants.revokeAllOf(tx, userId)) {
      await this.records.destroyOfGrant(tx, grantId);
      await this.revocations.publish(tx, { kind: 'grant', id: grantId });
    }
  }
}
