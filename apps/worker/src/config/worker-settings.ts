import path from 'node:path';
import { configError } from './config.errors.js';
import type { WorkerEnvironment } from './environment.js';
import type { KeyStorePreference, WorkerConfig } from './worker-config.schema.js';

/** Everything that the command line, the file and the environment settle; nothing in it is open. */
export interface WorkerSettings extends WorkerConfig {
  /** Without a trailing slash. */
  readonly url: string;
  readonly name: string;
  readonly dataDir: string;
  readonly ownKey: { readonly apiKey: string; readonly baseUrl?: string } | undefined;
}

export interface CommandLine {
  readonly url?: string;
  readonly name?: string;
  readonly dataDir?: string;
  readonly keyStore?: KeyStorePreference;
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/** The command line wins over the file. @throws AppError that says what is missing */
export function settle(config: WorkerConfig, line: CommandLine, env: WorkerEnvironment): WorkerSettings {
  return {
    ...config,
    url: controlPlaneUrl(line.url ?? config.url, config),
    name: line.name ?? config.name ?? nameOfHost(env.hostName),
    dataDir: path.resolve(line.dataDir ?? config.dataDir ?? path.join(env.home, '.coorchat', 'worker')),
    keyStore: line.keyStore ?? env.keyStore ?? config.keyStore,
    ownKey: ownKey(config, env),
  };
}

function controlPlaneUrl(text: string | undefined, { allowInsecureHttp }: WorkerConfig): string {
  if (text === undefined) throw configError('Name the control plane: --url https://… (or "url" in the configuration).');
  if (!URL.canParse(text)) throw configError(`"${text}" is no URL. Use --url https://host[:port].`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw configError('--url must begin with https:// or http://');
  if (url.username || url.password) throw configError('--url must not contain credentials.');
  if (url.protocol === 'http:' && !isLoopback(url) && !allowInsecureHttp) {
    throw configError(
      `${url.origin} is not encrypted: anybody on the way could read the worker's credential. Use https, or set allowInsecureHttp: true in the configuration.`,
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function nameOfHost(host: string): string {
  return (
    host
      .replace(/[^a-zA-Z0-9 ._-]/g, '-')
      .replace(/^[^a-zA-Z0-9]+/, '')
      .slice(0, 63) || 'worker'
  );
}

function ownKey({ model }: WorkerConfig, env: WorkerEnvironment): WorkerSettings['ownKey'] {
  if (model.source === 'relay') return undefined;
  if (env.anthropicApiKey === undefined) {
    throw configError('model.source is "own", but ANTHROPIC_API_KEY is not set.');
  }
  return { apiKey: env.anthropicApiKey, baseUrl: env.anthropicBaseUrl };
}
