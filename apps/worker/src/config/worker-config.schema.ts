import { labelSchema } from '@coorchat/contracts';
import { z } from 'zod';

export const KEY_STORES = ['auto', 'keychain', 'file'] as const;
export type KeyStorePreference = (typeof KEY_STORES)[number];

const mcpServerSchema = z.union([
  z.strictObject({
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    cwd: z.string().optional(),
  }),
  z.strictObject({ url: z.url(), headers: z.record(z.string(), z.string()).default({}) }),
]);
export type McpServerConfig = z.infer<typeof mcpServerSchema>;

const sandboxSchema = z
  .strictObject({
    kind: z.enum(['auto', 'bubblewrap', 'none']).default('auto'),
    /** Needed for `none`: the owner knows that tasks run with all rights of this account. */
    consent: z.boolean().default(false),
    /** Folders that all tasks may read, for example toolchains in unusual places. */
    readable: z.array(z.string().min(1)).max(50).default([]),
  })
  .refine(({ kind, consent }) => kind !== 'none' || consent, {
    path: ['consent'],
    message:
      'must be true for the sandbox "none": without a sandbox, tasks can read and change everything that this account can',
  });

const listenSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(0),
  /** Address under which the control plane reaches this listener. */
  publicUrl: z.url().optional(),
  tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }).optional(),
});

const modelSchema = z.strictObject({
  /** own: ANTHROPIC_API_KEY of this machine pays for model calls. */
  source: z.enum(['relay', 'own']).default('relay'),
  default: z.string().max(100).default('claude-opus-5-5'),
});

/** Detected facts can be made smaller, never larger. */
const factsSchema = z.strictObject({
  cpuCores: z.number().int().positive().optional(),
  memoryMb: z.number().int().positive().optional(),
  gpu: z.literal(false).optional(),
});

/** The configuration file of a machine's owner, YAML or JSON. */
export const workerConfigSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).optional(),
  name: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/, 'must be 1 to 63 letters, digits, spaces, dots, dashes')
    .optional(),
  dataDir: z.string().min(1).optional(),
  /** Where the private key is kept; `auto`: where it lies, and a new one in the keychain, if there is one. */
  keyStore: z.enum(KEY_STORES).default('auto'),
  labels: z.array(labelSchema).max(64).default([]),
  maxConcurrent: z.number().int().min(1).max(1024).default(2),
  /** Folders or globs: clones in them are offered, nothing else on the machine is looked at. */
  repositories: z.array(z.string().min(1)).max(100).default([]),
  /** The worker itself (not its tasks) may clone from remotes. */
  allowClone: z.boolean().default(true),
  /** Repositories that are folders of this machine (`file://`). */
  allowFileRemotes: z.boolean().default(false),
  /** When given, only these toolchains are offered. */
  toolchains: z.array(z.string().min(1).max(64)).optional(),
  facts: factsSchema.prefault({}),
  sandbox: sandboxSchema.prefault({}),
  network: z.enum(['none', 'full']).default('full'),
  commands: z.boolean().default(true),
  mcpServers: z.record(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/), mcpServerSchema).default({}),
  model: modelSchema.prefault({}),
  /** For machines that the control plane can reach: no tunnel, it calls this listener. */
  listen: listenSchema.optional(),
  /** Keep the tunnel open although there is a listener. */
  tunnel: z.boolean().optional(),
  /** Allow plain http to a control plane on another machine. */
  allowInsecureHttp: z.boolean().default(false),
  journalQuotaMb: z.number().int().min(1).default(512),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['auto', 'readable', 'json']).default('auto'),
    })
    .prefault({}),
});
export type WorkerConfig = z.infer<typeof workerConfigSchema>;
