import { parseArgs } from 'node:util';
import { messageOf } from '@coorchat/kernel';
import { configError } from '../config/config.errors.js';
import { keyStoreOf } from '../config/environment.js';
import type { KeyStorePreference } from '../config/worker-config.schema.js';

export const HELP = `coorchat-worker - runs CoorChat's tasks on this machine

Usage
  coorchat-worker start --url https://coorchat.example.com   serve until Ctrl-C
  coorchat-worker facts                                      print what this machine offers
  coorchat-worker key                                        print this worker's public key, made if there is none
  coorchat-worker --help | --version

Options
  --url <url>           address of the control plane
  --name <name>         name of this worker (default: the machine's)
  --config <file>       configuration, YAML or JSON
  --data-dir <folder>   where identity, journal and workspaces lie (default: ~/.coorchat/worker)
  --key-store <where>   auto, keychain, file: where a new private key is kept; another choice moves it (default: auto)
  --token-file <file>   read the enrolment token from a file
  --token-stdin         read the enrolment token from standard input
  --client <cli_…>      the key of this machine was registered before, under this id: no token is needed

The enrolment token is needed once; it may also stand in COORCHAT_ENROLMENT_TOKEN. Without any, the
worker shows a code, with which somebody who manages the cluster lets it in by browser.
`;

export interface StartCommand {
  readonly command: 'start' | 'facts' | 'key';
  readonly url: string | undefined;
  readonly name: string | undefined;
  readonly config: string | undefined;
  readonly dataDir: string | undefined;
  readonly keyStore: KeyStorePreference | undefined;
  readonly tokenFile: string | undefined;
  readonly tokenStdin: boolean;
  readonly client: string | undefined;
}

export type Command = StartCommand | { readonly command: 'help' | 'version' };

const OPTIONS = {
  url: { type: 'string' },
  name: { type: 'string' },
  config: { type: 'string' },
  'data-dir': { type: 'string' },
  'key-store': { type: 'string' },
  'token-file': { type: 'string' },
  'token-stdin': { type: 'boolean', default: false },
  client: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw configError(`${messageOf(error)} See coorchat-worker --help.`, error);
  }
}

/** @throws AppError for anything that the help does not name */
export function readCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.version) return { command: 'version' };
  const [command, ...rest] = positionals;
  if (values.help || command === 'help' || command === undefined) return { command: 'help' };
  if ((command !== 'start' && command !== 'facts' && command !== 'key') || rest.length > 0) {
    throw configError(`Unknown command "${positionals.join(' ')}". See coorchat-worker --help.`);
  }
  const { url, name, config, client } = values;
  const [dataDir, tokenFile, tokenStdin] = [values['data-dir'], values['token-file'], values['token-stdin']];
  const keyStore = keyStoreOf(values['key-store'], '--key-store');
  return { command, url, name, config, dataDir, keyStore, tokenFile, tokenStdin, client };
}
