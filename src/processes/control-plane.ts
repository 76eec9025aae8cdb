import { BootstrapKey, type Bootstrapped } from '../identity/index.js';
import type { AppConfig } from '../platform/config/index.js';
import { isMigrated, migrate, type OpenDatabase, openDatabase } from '../platform/db/index.js';
import { createHttpApp, type HttpApp, PublicUrl } from '../platform/http/index.js';
import { migrateQueue } from '../platform/queue/index.js';
import type { Logger } from '../platform/telemetry/index.js';
import { ControlPlaneModule } from './control-plane.module.js';
import { processErrors } from './processes.errors.js';
import type { ProcessChoice } from './process-choice.rules.js';

export interface ControlPlaneOptions {
  readonly config: AppConfig;
  readonly choice: ProcessChoice;
  readonly logger: Logger;
}

async function prepareDatabase(config: AppConfig, { choice, logger }: ControlPlaneOptions): Promise<void> {
  if (choice.migrate) {
    await migrate(config, logger);
    await migrateQueue(config);
  } else if (!(await isMigrated(config))) {
    throw processErrors.notMigrated();
  }
}

async function listen(app: HttpApp, { host, port }: AppConfig): Promise<void> {
  try {
    await app.listen();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? processErrors.portTaken(host, port) : error;
  }
}

/** The chosen processes of a control plane, running in this one. */
export class ControlPlane {
  private constructor(
    private readonly database: OpenDatabase,
    private readonly app: HttpApp | undefined,
    /** Undefined when nothing is served. */
    readonly url: string | undefined,
    readonly bootstrapped: Bootstrapped | undefined,
  ) {}

  /** PostgreSQL, migrations, the first organization, then the port: in this order. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const database = await openDatabase(options.config, options.logger);
    try {
      await prepareDatabase(database.config, options);
      return await ControlPlane.serve(database, options.choice);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  private static async serve(database: OpenDatabase, { serving, bootstrap }: ProcessChoice): Promise<ControlPlane> {
    if (serving.length === 0) return new ControlPlane(database, undefined, undefined, undefined);
    const { config } = database;
    const app = await createHttpApp(ControlPlaneModule.of(config, serving), config);
    try {
      const replaceLostKey = config.embeddedDatabase;
      const bootstrapped = bootstrap ? await app.nest.get(BootstrapKey).ensure({ replaceLostKey }) : undefined;
      await listen(app, config);
      const url = app.nest.get(PublicUrl).value;
      await database.announce(url);
      return new ControlPlane(database, app, url, bootstrapped);
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  /** Requests, jobs and sockets are drained, then the pools, PostgreSQL last. */
  async stop(): Promise<void> {
    try {
      await this.app?.close();
    } finally {
      await this.database.close();
    }
  }
}
