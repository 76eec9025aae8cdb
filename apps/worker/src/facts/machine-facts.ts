import type { Cloning, KeyKeeping, LocalRepository, MachineFacts } from '@coorchat/contracts';
import type { WorkerSettings } from '../config/worker-settings.js';
import {
  detectArchitecture,
  detectCpuCores,
  detectGpu,
  detectMemoryMb,
  detectPlatform,
  diskFreeMb,
} from './hardware.js';
import { type LocalClone, scanRepositories } from './repository-scan.js';
import type { CommandSearch } from './command-search.js';
import { detectToolchains } from './toolchains.js';

export interface DetectedMachine {
  readonly facts: MachineFacts;
  readonly clones: readonly LocalClone[];
}

export interface DetectionOptions {
  readonly settings: Pick<
    WorkerSettings,
    | 'allowClone'
    | 'allowFileRemotes'
    | 'dataDir'
    | 'facts'
    | 'labels'
    | 'maxConcurrent'
    | 'mcpServers'
    | 'repositories'
    | 'toolchains'
  >;
  readonly sandbox: MachineFacts['sandbox'];
  readonly commands: CommandSearch;
  /** Unknown before there is a key. */
  readonly keyStore?: KeyKeeping;
  readonly home: string;
}

/** What this machine really is, made smaller by its owner's configuration. */
export async function detectMachine(options: DetectionOptions): Promise<DetectedMachine> {
  const { settings, sandbox, commands, keyStore, home } = options;
  const { facts: limits } = settings;
  const [toolchains, gpu, disk, clones] = await Promise.all([
    detectToolchains({ allowed: settings.toolchains, search: commands }),
    limits.gpu === false ? null : detectGpu(),
    diskFreeMb(settings.dataDir),
    scanRepositories(settings.repositories, home),
  ]);
  const facts: MachineFacts = {
    platform: detectPlatform(),
    architecture: detectArchitecture(),
    cpuCores: Math.min(detectCpuCores(), limits.cpuCores ?? Infinity),
    memoryMb: Math.min(detectMemoryMb(), limits.memoryMb ?? Infinity),
    diskFreeMb: disk,
    gpu,
    labels: settings.labels,
    toolchains,
    repositories: offered(clones),
    sandbox,
    maxConcurrent: settings.maxConcurrent,
    mcpServers: Object.keys(settings.mcpServers),
    cloning: cloningOf(settings),
    ...(keyStore && { keyStore }),
  };
  return { facts, clones };
}

function cloningOf({ allowClone, allowFileRemotes }: DetectionOptions['settings']): Cloning {
  if (!allowClone) return 'none';
  return allowFileRemotes ? 'hosts_and_folders' : 'hosts';
}

/** One entry per repository, a whole clone before a shallow one; the path stays here. */
function offered(clones: readonly LocalClone[]): LocalRepository[] {
  const byUrl = new Map<string, LocalRepository>();
  for (const { path: _path, fetchUrl: _fetchUrl, ...repository } of clones) {
    const known = byUrl.get(repository.url);
    if (!known || (known.shallow && !repository.shallow)) byUrl.set(repository.url, repository);
  }
  return [...byUrl.values()];
}
