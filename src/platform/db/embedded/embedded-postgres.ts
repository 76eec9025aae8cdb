import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { secretFile } from '../../config/index.js';
import type { Logger } from '../../telemetry/index.js';
import { livePostmaster } from './postmaster-file.js';
import { ensureOwnedDatabase, ownerUrlOf } from './owned-database.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { clusterDirectory, reachableBinaries } from './postgres-home.js';
import { prepareCluster } from './prepare-cluster.js';
import { portIsFree, signal, startServer, stopServer, takePort } from './server-process.js';
import { serviceUser } from './service-user.js';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '64MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  wal_level: 'minimal',
  max_wal_senders: '0',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  // Pages in memory or on an SSD cost the same in any order. With the default, lookups in a table of a few pages are
  // planned as scans, and stay scans while the table grows.
  random_page_cost: '1.1',
  // Plans that were made while the tables were new and empty take wrong indexes. They are made again after an ANALYZE,
  // and with a minute between two looks, the default, the first rush of a new installation would be over before.
  autovacuum_naptime: '5s',
  autovacuum_analyze_threshold: '20',
};

/** For throw-away data: nothing is flushed to the disk. */
const UNSAFE_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  /** False only for tests: a crash of the machine may destroy the data. */
  readonly durable?: boolean;
}

async function rememberedPort(file: string): Promise<number> {
  const remembered = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (remembered > 0 && (await portIsFree(remembered))) return remembered;
  return (await takePort(0)) ?? 5432;
}

/** The owner's connection to the PostgreSQL of the control plane that uses `dataDir` now. */
export async function runningOwnerUrl(dataDir: string): Promise<string> {
  const port = Number(await readFile(join(dataDir, 'postgres.port'), 'utf8'));
  return ownerUrlOf(port, secretFile(dataDir, 'postgres.password'));
}

/** A PostgreSQL of our own in `<dataDir>/postgres`. Hold the data directory's lock before starting it. */
export class EmbeddedPostgres {
  private readonly onExit = () => signal(this.pid, 'SIGINT');

  private constructor(
    /** Connection of the role that owns the tables, to the database `coorchat`. */
    readonly ownerUrl: string,
    private readonly pid: number,
    private readonly directory: string,
    private readonly binaries: PostgresBinaries,
  ) {
    process.once('exit', this.onExit);
  }

  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { dataDir, logger, durable = true } = options;
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const user = await serviceUser();
    const directory = await clusterDirectory(dataDir, user);
    const binaries = await reachableBinaries(await findPostgresBinaries(), user);
    const password = secretFile(dataDir, 'postgres.password');
    await prepareCluster({ directory, password, binaries, user, durable });
    const running = await livePostmaster(directory);
    if (running) logger.info('taking over the PostgreSQL that an interrupted run left behind', { pid: running.pid });
    const port = running?.port ?? (await rememberedPort(join(dataDir, 'postgres.port')));
    const settings = durable ? SETTINGS : { ...SETTINGS, ...UNSAFE_SETTINGS };
    const logFile = join(dataDir, 'postgres.log');
    const pid = running?.pid ?? (await startServer({ directory, logFile, port, binaries, user, settings }));
    await writeFile(join(dataDir, 'postgres.port'), String(port), { mode: 0o600 });
    const ownerUrl = await ensureOwnedDatabase({ port, password });
    logger.debug('embedded PostgreSQL is ready', { port, pid, directory });
    return new EmbeddedPostgres(ownerUrl, pid, directory, binaries);
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.onExit);
    await stopServer(this.pid, { directory: this.directory, binaries: this.binaries });
  }

  /** Stops the server that a killed control plane left behind, and deletes the cluster's files. */
  static async remove(dataDir: string): Promise<void> {
    const user = await serviceUser();
    if (
      !(await chmod(dataDir, 0o711).then(
        () => true,
        () => false,
      ))
    )
      return;
    const directory = await clusterDirectory(dataDir, user);
    const running = await livePostmaster(directory);
    if (running) await stopServer(running.pid, { directory, binaries: await findPostgresBinaries() });
    await rm(directory, { recursive: true, force: true });
    if (dirname(directory) !== dataDir) await rm(dirname(directory), { recursive: true, force: true });
  }
}
