import { isIP } from 'node:net';
import { git } from './git-command.js';
import { gitEnvironment, type GitProtocol } from './git-environment.js';

export interface PinnedHost {
  readonly protocol: GitProtocol;
  /** As the URL names it, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** What the name was resolved to. */
  readonly addresses: readonly string[];
}

export interface PinnedOptions {
  readonly config: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

const SSH_PORT = 22;
const SAFE_WORD = /^[\w.:[\]-]+$/;

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The operator's ssh as git would start it: a command line. */
async function operatorsSsh(): Promise<string> {
  const { GIT_SSH_COMMAND: command, GIT_SSH: program } = gitEnvironment({ identity: 'operator' });
  if (command) return command;
  const asked = await git(['config', '--get', 'core.sshCommand'], { identity: 'operator', exitCodes: [0, 1] });
  return asked.stdout.trim() || (program ? quoted(program) : 'ssh');
}

/** Known hosts and keys stay those of the name; with an alias ssh does not add the port by itself. */
async function pinnedSsh({ hostname, port, addresses: [address = ''] }: PinnedHost): Promise<PinnedOptions> {
  const alias = port === SSH_PORT ? hostname : `[${hostname}]:${port}`;
  const words = [`HostName=${address}`, `HostKeyAlias=${alias}`];
  if (!words.every((word) => SAFE_WORD.test(word.slice(word.indexOf('=') + 1)))) {
    throw new Error(`${hostname} is no name of a host`);
  }
  const options = words.map((word) => `-o ${quoted(word)}`).join(' ');
  return { config: {}, env: { GIT_SSH_COMMAND: `${await operatorsSsh()} ${options}` } };
}

/**
 * Makes git call the given addresses and nothing else, without following redirects. For https that takes git 2.37 or
 * newer (older ones resolve the name again) and no proxy (which resolves by itself); for ssh it takes OpenSSH.
 */
export async function pinnedHost(host: PinnedHost): Promise<PinnedOptions> {
  if (host.protocol === 'ssh') return pinnedSsh(host);
  const { hostname, port, addresses } = host;
  if (isIP(hostname) !== 0) return { config: WITHOUT_REDIRECTS, env: {} };
  const resolved = `${hostname}:${port}:${addresses.map(inUrl).join(',')}`;
  return { config: { ...WITHOUT_REDIRECTS, 'http.curloptResolve': resolved }, env: {} };
}

/** Neither redirects nor the alternates of a server that speaks the old protocol. */
export const WITHOUT_REDIRECTS: Readonly<Record<string, string>> = { 'http.followRedirects': 'false' };
