import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const GUIDES = path.resolve(import.meta.dirname, '../../../docs/guides');
const TIMEOUT_MS = 30_000;

function isWhole(command: string): boolean {
  const quotes = command.replace(/\\./gs, '').match(/["']/g) ?? [];
  let open: string | undefined;
  for (const quote of quotes) {
    if (open === undefined) open = quote;
    else if (open === quote) open = undefined;
  }
  return open === undefined && !command.endsWith('\\');
}

/** The commands of a guide as they stand there, in order. */
export function commandsOf(guide: string): string[] {
  const text = readFileSync(path.join(GUIDES, guide), 'utf8');
  const commands: string[] = [];
  for (const [, block = ''] of text.matchAll(/^```sh\n(.*?)^```/gms)) {
    let command = '';
    for (const line of block.split('\n')) {
      command = command === '' ? line : `${command}\n${line}`;
      if (!isWhole(command)) continue;
      if (command.trim() !== '') commands.push(command);
      command = '';
    }
  }
  return commands;
}

/** Functions that a guide defines, for the commands after them. */
export function isDefinition(command: string): boolean {
  return /^\w+\(\) \{/.test(command);
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

export interface Shell {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The guide shows how something is refused. */
  readonly isRefused?: boolean;
}

/** Variables that a command set, for the commands after it. */
const KEEP = `{ declare -p | grep -E '^declare -- [a-z]+=' || true; } > .variables`;

/** In a shell of a person: a variable that nobody set and an answer that is no success are faults. */
export function run(command: string, { env, cwd, isRefused = false }: Shell): Promise<Ran> {
  const strict = isRefused ? [] : ['curl() { command curl --max-time 20 --fail-with-body "$@"; }'];
  const script = ['set -euo pipefail', 'touch .variables && . ./.variables', ...strict, command, KEEP].join('\n');
  const child = spawn('bash', ['--norc', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: TIMEOUT_MS,
  });
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, complaints }));
  });
}
