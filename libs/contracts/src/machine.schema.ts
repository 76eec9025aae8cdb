import { z } from 'zod';

export const PLATFORMS = ['linux', 'windows', 'macos'] as const;
export const platformSchema = z.enum(PLATFORMS);
export type Platform = z.infer<typeof platformSchema>;

export const skillIdSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be a skill id such as "node-dev"');
export const labelSchema = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._:=-]{0,63}$/, 'must be a label such as "gpu" or "zone=eu"');

export const toolchainSchema = z.object({
  name: z.string().max(64),
  /** As the tool prints it, reduced to its numbers: `24.21.0`. */
  version: z.string().max(64),
});
export type Toolchain = z.infer<typeof toolchainSchema>;

export const localRepositorySchema = z.object({
  name: z.string().max(200),
  /** Any spelling without credentials. */
  url: z.string().max(2000),
  defaultBranch: z.string().max(250).nullable(),
  head: z.string().max(64).nullable(),
  shallow: z.boolean(),
});
export type LocalRepository = z.infer<typeof localRepositorySchema>;

/** Repositories that the worker itself obtains from their remotes: none, those on hosts, also folders of the machine. */
export const CLONING = ['none', 'hosts', 'hosts_and_folders'] as const;
export type Cloning = (typeof CLONING)[number];

/** Where a worker keeps its private key: the store of the operating system, or a file that its account alone may read. */
export const KEY_KEEPING = ['keychain', 'file'] as const;
export type KeyKeeping = (typeof KEY_KEEPING)[number];

/** What the machine extension of an Agent Card carries. */
export const machineFactsSchema = z.object({
  platform: platformSchema,
  architecture: z.string().max(32),
  cpuCores: z.number().int().positive(),
  memoryMb: z.number().int().positive(),
  diskFreeMb: z.number().int().nonnegative(),
  gpu: z.string().max(200).nullable(),
  labels: z.array(labelSchema).max(64),
  toolchains: z.array(toolchainSchema).max(200),
  repositories: z.array(localRepositorySchema).max(500),
  sandbox: z.enum(['none', 'bubblewrap', 'container']),
  maxConcurrent: z.number().int().min(1).max(1024),
  /** Names of the MCP servers that the owner configured besides the toolbox. */
  mcpServers: z.array(z.string().max(64)).max(64),
  /** Absent: none. */
  cloning: z.enum(CLONING).optional(),
  /** Absent: not told. */
  keyStore: z.enum(KEY_KEEPING).optional(),
});
export type MachineFacts = z.infer<typeof machineFactsSchema>;

/** Sent with each heartbeat. */
export const workerLoadSchema = z.object({
  running: z.number().int().nonnegative(),
  slots: z.number().int().positive(),
  loadAverage: z.number().nonnegative(),
  memoryFreeMb: z.number().int().nonnegative(),
  diskFreeMb: z.number().int().nonnegative(),
});
export type WorkerLoad = z.infer<typeof workerLoadSchema>;
