import type { AppConfig } from '../config/index.js';
import type { Logger } from '../telemetry/index.js';
import { DataDirLock, findDataDirHolder } from './embedded/data-dir-lock.js';
import { EmbeddedPostgres, runningOwnerUrl } from './embedded/embedded-postgres.js';

/** The database of a running control plane. */
export interface OpenDatabase {
  /** The configuration with `databaseUrl` set. */
  readonly config: AppConfig;
  /** Tells a second start where this one listens. */
  announce(url: string): Promise<void>;
  /** Stops the embedded PostgreSQL: after everything else. */
  close(): Promise<void>;
}

/**
 * Takes the data directory and starts the embedded PostgreSQL, unless DATABASE_URL leads to another.
 * @throws AppError `platform.already_running` when another control plane uses the data directory.
 */
export async function openDatabase(config: AppConfig, logger: Logger): Promise<OpenDatabase> {
  if (config.databaseUrl) return { config, announce: async () => undefined, close: async () => undefined };
  const lock = await DataDirLock.acquire(config.dataDir);
  try {
    const postgres = await EmbeddedPostgres.start({ dataDir: config.dataDir, logger });
    return {
      config: config.with({ databaseUrl: postgres.ownerUrl }),
      announce: (url) => lock.announce(url),
      close: async () => {
        await postgres.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** As `openDatabase`, but joins a control plane that is running: for tools that only read. */
export async function joinDatabase(config: AppConfig, logger: Logger): Promise<OpenDatabase> {
  const isRunning = !config.databaseUrl && (await findDataDirHolder(config.dataDir)) !== undefined;
  if (!isRunning) return openDatabase(config, logger);
  const databaseUrl = await runningOwnerUrl(config.dataDir);
  return { config: config.with({ databaseUrl }), announce: async () => undefined, close: async () => undefined };
}
