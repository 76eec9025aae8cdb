import { Inject, Injectable } from '@nestjs/common';
import {
  createPostgresBackend,
  createPostgresRelayBackend,
  type JobSchedulerJson,
  type Processor,
  Queue,
  Relay,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { AppConfig } from '../config/index.js';
import { DatabasePools } from '../db/index.js';
import { Logger } from '../telemetry/index.js';

/** BullMQ's name for its schema where a pool is given; our role `coorchat_queue` owns it. */
export const QUEUE_SCHEMA = 'bullmq';

/** Two workers and a relay listen on a connection each; the rest is for queries. */
const POOL_SIZE = 10;

export type AnyQueue = Pick<Queue, 'add' | 'upsertJobScheduler' | 'removeJobScheduler' | 'waitUntilReady' | 'close'> & {
  getJobSchedulers(): Promise<JobSchedulerJson[]>;
};
export type AnyWorker = Pick<Worker, 'waitUntilReady' | 'close' | 'on'>;

type Options = Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval'>;

/** PostgreSQL by default, Redis when REDIS_URL is set: the only place that knows which. */
@Injectable()
export class QueueBackend {
  private pool: pg.Pool | undefined;
  private readonly redis: Redis[] = [];

  constructor(
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(DatabasePools) private readonly databases: DatabasePools,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  get kind(): 'redis' | 'postgres' {
    return this.config.redisUrl ? 'redis' : 'postgres';
  }

  queue(name: string): AnyQueue {
    const defaultJobOptions = { removeOnComplete: true, removeOnFail: { count: 1_000 } };
    const queue =
      this.kind === 'redis'
        ? new Queue(name, { connection: this.redisConnection(), prefix: this.config.redisPrefix, defaultJobOptions })
        : new Queue(name, { connection: this.postgresPool(), defaultJobOptions }, createPostgresBackend);
    queue.on('error', (error) => this.report(error));
    return queue as unknown as AnyQueue;
  }

  worker(name: string, processor: Processor, options: Options): AnyWorker {
    const all = { ...options, autorun: true };
    const worker =
      this.kind === 'redis'
        ? new Worker(name, processor, { ...all, connection: this.redisConnection(), prefix: this.config.redisPrefix })
        : new Worker(name, processor, { ...all, connection: this.postgresPool() }, createPostgresBackend);
    worker.on('error', (error: Error) => this.report(error));
    return worker as unknown as AnyWorker;
  }

  relay(nodeId: string): Pick<Relay, 'waitUntilReady' | 'publish' | 'subscribe' | 'close'> {
    const relay =
      this.kind === 'redis'
        ? new Relay({ connection: this.redisConnection(), prefix: this.config.redisPrefix, nodeId })
        : new Relay({ connection: this.postgresPool(), backend: createPostgresRelayBackend, nodeId });
    relay.on('error', (error: Error) => this.report(error));
    return relay;
  }

  /** Resolves when the backend answers. */
  async ping(): Promise<void> {
    if (this.kind === 'redis') await (this.redis[0] ?? this.redisConnection()).ping();
    else await this.postgresPool().query('SELECT 1');
  }

  /** After queues, workers and relays are closed. */
  async close(): Promise<void> {
    for (const connection of this.redis) connection.disconnect();
    await this.pool?.end();
  }

  private redisConnection(): Redis {
    const connection = new Redis(this.config.redisUrl ?? '', { maxRetriesPerRequest: null, enableReadyCheck: true });
    connection.on('error', (error) => this.report(error));
    this.redis.push(connection);
    return connection;
  }

  private postgresPool(): pg.Pool {
    if (this.pool) return this.pool;
    this.pool = new pg.Pool({
      connectionString: this.databases.queueUrl,
      max: POOL_SIZE,
      keepAlive: true,
      application_name: 'coorchat queue',
      options: `-c search_path=${QUEUE_SCHEMA}`,
    });
    this.pool.on('error', (error) => this.report(error));
    return this.pool;
  }

  private report(error: Error): void {
    this.logger.warn('the queue reports a fault; it goes on by itself', { error });
  }
}
