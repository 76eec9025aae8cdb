import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '@coorchat/kernel';
import pg from 'pg';
import { AppConfig } from '../config/index.js';
import { Logger } from '../telemetry/index.js';
import { type DatabaseDoor, roleUrl } from './database-role.js';
import { GatheringSocket } from './gathering-socket.js';
import { LeasedConnection } from './leased-connection.js';
import { sqlTypes } from './value-parsers.js';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;

export type LeaseDoor = Exclude<DatabaseDoor, 'queue' | 'backup'>;

function poolSizes(total: number): Record<LeaseDoor, number> {
  return { app: total, system: Math.max(3, Math.ceil(total / 2)), scheduler: 2, eraser: 1 };
}

/** The pools of the three roles that the unit of work uses. Also the injection token. */
@Injectable()
export class DatabasePools implements OnApplicationShutdown {
  private readonly pools = new Map<LeaseDoor, pg.Pool>();
  private readonly leases = new WeakMap<pg.ClientBase, LeasedConnection>();
  private closing: Promise<void> | undefined;

  constructor(
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  async lease(door: LeaseDoor): Promise<LeasedConnection> {
    const client = await this.pool(door).connect();
    let lease = this.leases.get(client);
    if (!lease) {
      lease = new LeasedConnection(client, this.config.database.prepare);
      this.leases.set(client, lease);
    }
    return lease;
  }

  /** Connections of the queue's own role, for whom the queue's backend keeps a pool. */
  get queueUrl(): string {
    return roleUrl(this.config, this.ownerUrl(), 'queue');
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.closing ??= Promise.all([...this.pools.values()].map((pool) => pool.end())).then(() => undefined);
    return this.closing;
  }

  private ownerUrl(): string {
    if (this.config.databaseUrl) return this.config.databaseUrl;
    throw new AppError({
      code: 'platform.no_database',
      kind: 'unavailable',
      message: 'The embedded PostgreSQL was not started: call openDatabase first, or set DATABASE_URL.',
    });
  }

  private pool(door: LeaseDoor): pg.Pool {
    const found = this.pools.get(door);
    if (found) return found;
    const pool = new pg.Pool({
      connectionString: roleUrl(this.config, this.ownerUrl(), door),
      max: poolSizes(this.config.database.poolSize)[door],
      pipeline: true,
      stream: () => new GatheringSocket(),
      types: sqlTypes,
      application_name: `coorchat ${door}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
    });
    pool.on('error', (error) => this.logger.warn('an idle database connection was lost', { door, error }));
    // A connection that breaks while it is leased fails its statements; without a listener it would end the process.
    pool.on('connect', (client) => client.on('error', () => this.logger.warn('a database connection broke', { door })));
    pool.on('remove', (client) => {
      const disposed = this.leases.get(client)?.dispose();
      disposed?.catch((error: unknown) => this.logger.warn('a connection was not given up cleanly', { error }));
    });
    this.pools.set(door, pool);
    return pool;
  }
}
