import type { Role } from '@coorchat/contracts';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../platform/db/index.js';
import { RevocationWatch } from '../platform/revocation/index.js';
import { Logger } from '../platform/telemetry/index.js';
import { Memberships } from '../tenancy/index.js';
import { ApiKeyStore, type KnownKey } from './api-key.store.js';
import { RecentLookups } from './recent-lookups.js';
import { isSecret, secretHash } from './secret.rules.js';

/** A key that holds, with the role of the member behind it. */
export interface LiveKey extends KnownKey {
  /** Absent for keys of the organization. */
  readonly role?: Role;
  readonly ended?: undefined;
}

/** A key that held once: it is revoked or expired, or its member is gone. */
export interface EndedKey extends KnownKey {
  readonly ended: true;
}

const ENDS_KEYS: ReadonlySet<string> = new Set(['key', 'member', 'user', 'organization']);

/** Finds keys by their text, mostly without a query: answers are kept for seconds, and dropped when one is revoked. */
@Injectable()
export class KeyLookup implements OnModuleInit, OnModuleDestroy {
  private readonly lookups = new RecentLookups<LiveKey | EndedKey>((hash) => this.lookUp(hash));
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: ApiKeyStore,
    private readonly memberships: Memberships,
    private readonly revocations: RevocationWatch,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.revocations.onRevoked((revoked) => {
      if (revoked.some(({ kind }) => ENDS_KEYS.has(kind))) this.lookups.clear();
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /** Undefined when the key is unknown, expired or revoked, or its member is gone. */
  async find(secret: string): Promise<LiveKey | undefined> {
    const known = await this.look(secret);
    return known?.ended ? undefined : known;
  }

  /** Undefined when the key is unknown. */
  async look(secret: string): Promise<LiveKey | EndedKey | undefined> {
    if (!isSecret('cck', secret)) return undefined;
    return asOfNow(await this.lookups.get(secretHash(secret)));
  }

  /** A key that was found a moment ago and holds; nothing is read for it. */
  known(secret: string): LiveKey | undefined {
    const known = isSecret('cck', secret) ? asOfNow(this.lookups.peek(secretHash(secret))?.found) : undefined;
    return known?.ended ? undefined : known;
  }

  /** In this process at once; the others hear of the revocation. */
  forgetAll(): void {
    this.lookups.clear();
  }

  private async lookUp(hash: string): Promise<LiveKey | EndedKey | undefined> {
    const known = await this.uow.system('identity.authenticate', (tx) => this.store.findByHash(tx, hash));
    if (known === undefined) return undefined;
    const live = known.isRevoked ? undefined : await this.withRole(known);
    if (live === undefined) return { ...known, ended: true };
    void this.touch(live);
    return live;
  }

  private async withRole(known: KnownKey): Promise<LiveKey | undefined> {
    if (known.userId === null) return known;
    const role = await this.memberships.roleOf(known.orgId, known.userId);
    return role && { ...known, role };
  }

  private async touch({ orgId, id }: KnownKey): Promise<void> {
    try {
      await this.uow.tenant({ orgId }, (tx) => this.store.touch(tx, id));
    } catch (error) {
      this.logger.warn('the last use of a key was not noted', { error, keyId: id });
    }
  }
}

function asOfNow(known: LiveKey | EndedKey | undefined): LiveKey | EndedKey | undefined {
  return known?.expiresAt && known.expiresAt <= new Date() ? { ...known, ended: true } : known;
}
