import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../platform/config/index.js';
import type { Tx } from '../platform/db/index.js';
import { Broadcast } from '../platform/queue/index.js';
import { PoolRosterStore, type RosterRow } from './pool-roster.store.js';
import { isConnected } from './worker-status.rules.js';

export interface RosterMachine extends RosterRow {
  /** A process holds its socket and heard from it lately. */
  readonly connected: boolean;
}

/** What a pass may have missed when a broadcast was lost. */
const STALE_AFTER_MS = 2_000;
const MAX_POOLS = 1_000;

/** The machines of a pool, kept between passes so that a pass costs no big read. */
@Injectable()
export class PoolRoster implements OnModuleInit {
  private readonly rows = new LRUCache<string, readonly RosterRow[]>({ max: MAX_POOLS, ttl: STALE_AFTER_MS });
  /** How often a pool changed: what was read while it did is not kept. */
  private readonly changes = new LRUCache<string, number>({ max: MAX_POOLS });

  constructor(
    private readonly store: PoolRosterStore,
    private readonly broadcast: Broadcast,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.broadcast.subscribe('registry.worker_changed', ({ poolId }) => this.refresh(poolId));
  }

  /** Runs in the scheduler's transaction. */
  async load(tx: Tx, poolId: string): Promise<RosterMachine[]> {
    const rows = this.rows.get(poolId) ?? (await this.read(tx, poolId));
    const now = new Date();
    return rows.map((row) => ({ ...row, connected: isConnected(row, now, this.config.heartbeatIntervalMs) }));
  }

  /** The next pass reads the pool's machines anew. */
  refresh(poolId: string): void {
    this.rows.delete(poolId);
    this.changes.set(poolId, (this.changes.get(poolId) ?? 0) + 1);
  }

  private async read(tx: Tx, poolId: string): Promise<readonly RosterRow[]> {
    const before = this.changes.get(poolId);
    const rows = await this.store.load(tx, poolId);
    if (this.changes.get(poolId) === before) this.rows.set(poolId, rows);
    return rows;
  }
}
