import type { MachineFacts } from '@coorchat/contracts';
import type { WorkerEnvironment } from '../config/environment.js';
import type { WorkerSettings } from '../config/worker-settings.js';
import type { CommandSearch } from '../facts/command-search.js';
import type { LocalClone } from '../facts/repository-scan.js';
import type { Logger } from '../log/logger.js';
import type { Redactor } from '../log/redactor.js';
import type { WorkParts } from '../work/work-parts.js';

export interface PartsContext {
  readonly settings: WorkerSettings;
  readonly environment: WorkerEnvironment;
  readonly redactor: Redactor;
  readonly logger: Logger;
  /** The owner's clones as they were found last. */
  readonly clones: () => readonly LocalClone[];
}

/** What attempts are worked on with. */
export interface WorkerParts extends WorkParts {
  /** The sandbox that commands really run in. */
  readonly sandbox: MachineFacts['sandbox'];
  readonly commands: CommandSearch;
  /** Stops the owner's MCP servers. */
  close(): Promise<void>;
}

export type MakeParts = (context: PartsContext) => Promise<WorkerParts>;
