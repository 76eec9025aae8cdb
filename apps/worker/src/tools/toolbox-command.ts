import { delimiter, dirname } from 'node:path';
import { type CommandSearch, isWithin } from '../facts/command-search.js';
import type { Sandbox, SandboxSpec } from '../sandbox/index.js';
import type { ToolSessionRequest } from '../attempt/tools.port.js';
import type { ToolboxInstall } from './toolbox-install.js';
import type { ToolServerConfig } from './tool-server.config.js';

export interface ToolboxLimits {
  readonly commandTimeoutMs: number;
  readonly maxOutputBytes: number;
  /** Of each process that a task starts. */
  readonly memoryMb: number;
}

export interface ToolboxSetting {
  readonly install: ToolboxInstall;
  readonly sandbox: Sandbox;
  /** The `PATH` of the worker. */
  readonly path: string;
  /** Folders that the owner shows to all tasks, read-only. */
  readonly readable: readonly string[];
  readonly limits: ToolboxLimits;
}

/** The entries of the path that exist inside of the sandbox, and the folder of our node. */
export function visiblePath(path: string, visible: readonly string[] | undefined, execPath: string): string {
  const entries = path.split(delimiter).filter((entry) => entry !== '');
  const seen = entries.filter((entry) => !visible || visible.some((folder) => isWithin(entry, folder)));
  return [...new Set([...seen, dirname(execPath)])].join(delimiter);
}

/** Where a task looks for commands: the entries of the worker's path that it sees. */
export function commandSearch({ sandbox, install, path, readable }: Omit<ToolboxSetting, 'limits'>): CommandSearch {
  const visible = sandbox.visible && [...sandbox.visible, ...install.folders, ...readable];
  return { path: visiblePath(path, visible, process.execPath), visible };
}

function argumentsOf({ root, checks, grant }: ToolSessionRequest, { install, limits }: ToolboxSetting): string[] {
  return [
    ...[install.main, '--root', root, '--checks', JSON.stringify(checks)],
    ...['--command-timeout-ms', `${Math.min(limits.commandTimeoutMs, grant.maxDurationMs)}`],
    ...['--max-output-bytes', `${limits.maxOutputBytes}`, '--memory-mb', `${limits.memoryMb}`],
    ...(grant.commands ? ['--allow-commands'] : []),
  ];
}

/** How the toolbox of one task is started: as a whole inside of the sandbox. */
export function toolboxServer(request: ToolSessionRequest, setting: ToolboxSetting): ToolServerConfig {
  const { sandbox, install } = setting;
  const readable = [...install.folders, ...setting.readable, ...(request.readable ?? [])];
  const spec: SandboxSpec = {
    command: process.execPath,
    args: argumentsOf(request, setting),
    cwd: request.root,
    env: { PATH: commandSearch(setting).path, LANG: 'C.UTF-8' },
    writable: [request.root],
    readable,
    network: request.grant.network === 'full',
  };
  const { command, args, env } = sandbox.wrap(spec);
  return { command, args, env, cwd: request.root };
}
