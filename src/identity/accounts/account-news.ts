import type { Authentication } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';
import { CountedNews, Outbox, PLATFORM_ORG } from '../../platform/outbox/index.js';
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

const WINDOW_MS = 60_000;

/** Tells every organization of a person what happened to the account; the platform, where there is none. */
@Injectable()
export class AccountNews {
  constructor(
    private readonly outbox: Outbox,
    private readonly members: Members,
    private readonly counted: CountedNews,
  ) {}

  /** Nobody knows who it was; what they typed as their name may be a password, so it is not kept. */
  unknownFailed(visitor: Visitor, reason: string): void {
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: 'unknown' } });
    const news = { type: 'identity.sign_in_failed', orgId: PLATFORM_ORG, subject: 'unknown', data: { by, reason } };
    this.counted.note({ ...news, alike: [reason, visitor.origin.address], windowMs: WINDOW_MS });
  }

  /** Tries that were not even looked at; a flood of them becomes a few rows. */
  async throttled(tx: SystemTx, userId: string, visitor: Visitor): Promise<void> {
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId } });
    const data = { by, userId, reason: 'throttled' };
    for (const orgId of await this.orgsOf(tx, userId)) {
      const news = { type: 'identity.sign_in_failed', orgId, subject: userId, data };
      this.counted.note({ ...news, alike: ['throttled', visitor.origin.address], windowMs: WINDOW_MS });
    }
  }

  async publish(tx: SystemTx, item: AccountNewsItem): Promise<void> {
    const { event, userId, visitor, session } = item;
    const authentication = session && { authentication: authenticationOf(session) };
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId }, ...authentication });
    const data = { ...item.data, userId, by };
    const orgIds = await this.orgsOf(tx, userId);
    const events = orgIds.map((orgId) => ({ type: `identity.${event}`, orgId, subject: userId, data }));
    await this.outbox.append(tx, events);
  }

  private async orgsOf(tx: SystemTx, userId: string): Promise<string[]> {
    const memberships = await this.members.ofUser(tx, userId);
    return memberships.length > 0 ? memberships.map(({ id }) => id) : [PLATFORM_ORG];
  }
}
