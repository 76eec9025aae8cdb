import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { gitEnvironment, identityEnvironment } from '@coorchat/git';

export const TOOLBOX = resolve('apps/toolbox/dist/main.js');

/** Removed by `remove`; its path is the real one. */
export function temporaryRoot(files: Readonly<Record<string, string>> = {}) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'coorchat-toolbox-')));
  writeAll(path, files);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function writeAll(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

export function runGitIn(cwd: string, ...args: string[]): string {
  const env = { ...gitEnvironment(), ...identityEnvironment() };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim();
}

export function makeRepository(root: string, files: Readonly<Record<string, string>>): void {
  writeAll(root, files);
  runGitIn(root, 'init', '--quiet', '--initial-branch=main');
  runGitIn(root, 'add', '--all');
  runGitIn(root, 'commit', '--quiet', '--message=start');
}

export interface Called {
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly isError: boolean;
}

export interface ToolboxClient {
  readonly client: Client;
  readonly pid: number;
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<Called>;
  close(): Promise<void>;
}

function textOf(content: readonly { type: string }[]): string {
  return content.map((block) => ('text' in block && typeof block.text === 'string' ? block.text : '')).join('');
}

/** A real toolbox process and the official client. */
export async function startToolbox(root: string, ...args: string[]): Promise<ToolboxClient> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const transport = new StdioClientTransport({ command: process.execPath, args: [TOOLBOX, '--root', root, ...args] });
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    call: async (name, given = {}, signal) => {
      const result = await client.callTool({ name, arguments: given }, { signal });
      const data = (result.structuredContent ?? {}) as Record<string, unknown>;
      return { text: textOf(result.content), data, isError: result.isError ?? false };
    },
    close: () => client.close(),
  };
}
