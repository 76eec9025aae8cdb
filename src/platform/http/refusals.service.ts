import type { Origin } from '@coorchat/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { CountedNews, type FrequentNews, PLATFORM_ORG } from '../outbox/index.js';
import { addressGroup } from './address-group.rules.js';
import type { CredentialOwner } from './credential-owner.js';

export interface RefusedCall {
  /** Method and path as declared, for example `POST /v1/workers/:id`. */
  readonly route: string;
  readonly requestId: string;
  readonly origin: Origin;
}

export interface RefusalReason {
  /** `<room>.<code>` */
  readonly code: string;
  /** As the caller is told; never quotes a credential. */
  readonly message: string;
  /** Permissions or scopes of which one was needed. */
  readonly needed?: readonly string[];
}

const WINDOW_MS = 60_000;
const THIS_MACHINE = 'this machine';

function groupOf({ address }: Origin): string {
  return (address === undefined ? undefined : addressGroup(address)) ?? THIS_MACHINE;
}

/** Puts on record who was not let in: per minute one record of what is alike, with its number. */
@Injectable()
export class Refusals {
  constructor(@Inject(CountedNews) private readonly news: CountedNews) {}

  /** Somebody whom we know may not do this. */
  denied(call: RefusedCall, { code, message, needed = [] }: RefusalReason, owner: CredentialOwner): void {
    const { orgId, actor } = owner;
    const data = { by: by(call, owner), code, reason: message, route: call.route, needed };
    const alike = [actor.id, owner.authentication?.credentialId, code, call.origin.address];
    const subject = needed[0] ?? code;
    this.news.note({ type: 'identity.access_denied', orgId, subject, data, alike, windowMs: WINDOW_MS });
  }

  /** A credential was not taken, or there was none. Without its owner it is news of the platform, by address. */
  unknown(call: RefusedCall, reason: RefusalReason, owner?: CredentialOwner): void {
    this.news.note(this.refusal('identity.credential_refused', call, reason, owner));
  }

  /** A request that was not even read: too large. */
  unread(call: RefusedCall, reason: RefusalReason): void {
    this.news.note(this.refusal('identity.request_refused', call, reason));
  }

  private refusal(
    type: string,
    call: RefusedCall,
    { code, message }: RefusalReason,
    owner?: CredentialOwner,
  ): FrequentNews {
    const group = groupOf(call.origin);
    const subject = owner ? (owner.authentication?.credentialId ?? owner.actor.id) : group;
    const data = { by: by(call, owner), code, reason: message, route: call.route };
    return {
      ...{ type, orgId: owner?.orgId ?? PLATFORM_ORG, subject, data },
      ...{ alike: [code, message, group], windowMs: WINDOW_MS },
    };
  }
}

function by({ requestId, origin }: RefusedCall, owner: CredentialOwner | undefined) {
  const actor = owner?.actor ?? { kind: 'user', id: 'unknown' };
  return { actor, requestId, origin, ...(owner?.authentication && { authentication: owner.authentication }) };
}
