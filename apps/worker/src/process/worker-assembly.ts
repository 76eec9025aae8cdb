import path from 'node:path';
import type { KeyKeeping } from '@coorchat/contracts';
import { messageOf } from '@coorchat/kernel';
import { tunnelUrl } from '@coorchat/tunnel';
import type { PolledSession } from '../a2a/polled-session.js';
import { WorkerRequestHandler } from '../a2a/worker-request.handler.js';
import { WorkerRpc } from '../a2a/worker-rpc.js';
import { AttemptDesk } from '../attempt/attempt-desk.js';
import { AttemptFolders } from '../attempt/attempt-folders.js';
import { GrantDesk } from '../attempt/grant-desk.js';
import type { LocalPolicy } from '../attempt/local-policy.rules.js';
import { BlobClient } from '../blobs/blob-client.js';
import type { WorkerEnvironment } from '../config/environment.js';
import type { WorkerSettings } from '../config/worker-settings.js';
import { detectMachine } from '../facts/machine-facts.js';
import { Journal } from '../journal/journal.js';
import type { Logger } from '../log/logger.js';
import type { Redactor } from '../log/redactor.js';
import { AssignedWork } from '../work/assigned-work.js';
import { MachineCard } from './machine-card.js';
import type { MakeParts, WorkerParts } from './worker-parts.port.js';

export interface AssemblyOptions {
  readonly settings: WorkerSettings;
  readonly environment: WorkerEnvironment;
  readonly version: string;
  readonly makeParts: MakeParts;
  readonly redactor: Redactor;
  readonly logger: Logger;
}

export interface WorkerAssembly {
  readonly parts: WorkerParts;
  readonly card: MachineCard;
  readonly journal: Journal;
  readonly desk: AttemptDesk;
  /** A tunnel's verdicts come with its welcome; on a road of calls, a subscription is a verdict, too. */
  readonly rpc: (road: { readonly session?: PolledSession }) => WorkerRpc;
}

const MB = 1024 * 1024;

export function hasTunnel({ listen, tunnel }: WorkerSettings): boolean {
  return tunnel ?? listen === undefined;
}

/** Puts a worker together; nothing of it talks to anybody yet. */
export async function assembleWorker(
  options: AssemblyOptions,
  given: { readonly workerId: string; readonly keyStore: KeyKeeping; readonly onLoad: () => void },
): Promise<WorkerAssembly> {
  const { settings, logger } = options;
  const found: { card?: MachineCard } = {};
  const parts = await options.makeParts({ ...options, clones: () => found.card?.clones ?? [] });
  const card = (found.card = await detectCard(options, parts, given));
  const journal = await openJournal(settings, logger);
  const folders = new AttemptFolders(path.join(settings.dataDir, 'attempts'));
  await folders.sweep(new Set(journal.attempts().flatMap((attempt) => (attempt.ended ? [] : [attempt.id]))));
  const desk = new AttemptDesk({
    parts: {
      journal,
      folders,
      work: new AssignedWork(parts),
      blobs: (api) => new BlobClient(api),
      redactor: options.redactor,
      logger,
    },
    policy: () => localPolicy(settings, parts, { workerId: given.workerId, card }),
    slots: settings.maxConcurrent,
    onLoad: given.onLoad,
  });
  const grants = new GrantDesk({ url: settings.url, workerId: given.workerId });
  const rpc = ({ session }: { readonly session?: PolledSession }) => {
    const handler = new WorkerRequestHandler({
      journal,
      desk,
      grants,
      card: () => card.current,
      resumesOnSubscribe: session !== undefined,
    });
    return new WorkerRpc({ handler, journal, desk, session });
  };
  return { parts, card, journal, desk, rpc };
}

function detectCard(
  { settings, environment, version }: AssemblyOptions,
  { sandbox, commands }: WorkerParts,
  { keyStore }: { readonly keyStore: KeyKeeping },
): Promise<MachineCard> {
  return MachineCard.detect({
    name: settings.name,
    version,
    tunnelUrl: hasTunnel(settings) ? tunnelUrl(settings.url) : undefined,
    detect: () => detectMachine({ settings, sandbox, commands, keyStore, home: environment.home }),
  });
}

function openJournal(settings: WorkerSettings, logger: Logger): Promise<Journal> {
  return Journal.open({
    dir: path.join(settings.dataDir, 'journal'),
    quotaBytes: settings.journalQuotaMb * MB,
    onWriteError: (error) => logger.error('the journal cannot be written, tries again', { error: messageOf(error) }),
  });
}

function localPolicy(
  settings: WorkerSettings,
  { sandbox }: WorkerParts,
  { workerId, card }: { readonly workerId: string; readonly card: MachineCard },
): LocalPolicy {
  const { network, commands, mcpServers } = settings;
  const skills = card.current.skills.map(({ id }) => id);
  return { workerId, network, commands, sandbox, mcpServers: Object.keys(mcpServers), skills, agent: true };
}
