import type { Role } from '@coorchat/contracts';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { RevocationWatch } from '../../platform/revocation/index.js';
import { Memberships } from '../../tenancy/index.js';

/** For how long a role is believed when nothing is heard. */
const STALE_MS = 5_000;
const MAX_CACHED = 10_000;
const CHANGES_ROLES: ReadonlySet<string> = new Set(['member', 'user', 'organization']);

/** The role of a member now: tokens do not carry it, so that a change counts at once. */
@Injectable()
export class MemberRoles implements OnModuleInit, OnModuleDestroy {
  private readonly roles = new LRUCache<string, { readonly role: Role | undefined }>({
    max: MAX_CACHED,
    ttl: STALE_MS,
  });
  private stopListening: (() => void) | undefined;

  constructor(
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(RevocationWatch) private readonly revocations: RevocationWatch,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.revocations.onRevoked((list) => {
      if (list.some(({ kind }) => CHANGES_ROLES.has(kind))) this.roles.clear();
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** As it was read a moment ago; undefined when it was not, or there is none. */
  known(orgId: string, userId: string): Role | undefined {
    return this.roles.get(`${orgId} ${userId}`)?.role;
  }

  /** Undefined for someone who is no member. */
  async roleOf(orgId: string, userId: string): Promise<Role | undefined> {
    const key = `${orgId} ${userId}`;
    const known = this.roles.get(key);
    if (known) return known.role;
    const role = await this.memberships.roleOf(orgId, userId);
    this.roles.set(key, { role });
    return role;
  }
}
