import type { Authentication } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Members } from '../../tenancy/index.js';
import type { Session } from './session.store.js';
import { attributionOfVisitor, type Visitor } from './visitor.js';

export type AccountEvent =
  | 'user_signed_up'
  | 'signed_in'
  | 'sign_in_failed'
  | 'signed_out'
  | 'session_revoked'
  | 'password_changed'
  | 'password_reset_requested'
  | 'passkey_added'
  | 'passkey_removed'
  | 'totp_enabled'
  | 'totp_disabled'
  | 'recovery_code_used'
  | 'recovery_codes_renewed'
  | 'organization_switched'
  | 'user_disabled';

export interface AccountNewsItem {
  readonly event: AccountEvent;
  readonly userId: string;
  readonly visitor: Visitor;
  readonly session?: Pick<Session, 'id' | 'amr' | 'signedInAt'>;
  /** For the audit trail; never secrets. */
  readonly data?: object;
}

function authenticationOf(session: Pick<Session, 'id' | 'amr' | 'signedInAt'>): Authentication {
  return { method: 'session', credentialId: session.id, amr: session.amr, signedInAt: session.signedInAt };
}

/** Tells every organization of a person what happened to the account. Whoever is no member is nobody's news. */
@Injectable()
export class AccountNews {
  constructor(
    private readonly outbox: Outbox,
    private readonly members: Members,
  ) {}

  async publish(tx: SystemTx, item: AccountNewsItem): Promise<void> {
    const { event, userId, visitor, session } = item;
    const memberships = await this.members.ofUser(tx, userId);
    const authentication = session && { authentication: authenticationOf(session) };
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId }, ...authentication });
    const data = { ...item.data, userId, by };
    const events = memberships.map(({ id }) => ({ type: `identity.${event}`, orgId: id, subject: userId, data }));
    await this.outbox.append(tx, events);
  }
}
