import type { DiscoverResult } from '@modelcontextprotocol/client';
import { type ToolSession, type ToolSessionRequest, ToolSessions } from '../attempt/tools.port.js';
import type { Sandbox } from '../sandbox/index.js';
import type { SharedServerPool } from './shared-server-pool.js';
import { SupervisedServer } from './supervised-server.js';
import { TaskToolSession } from './task-tool-session.js';
import { type ToolboxLimits, toolboxServer } from './toolbox-command.js';
import { findToolbox, type ToolboxInstall } from './toolbox-install.js';

export interface TaskToolSessionsOptions {
  readonly sandbox: Sandbox;
  readonly shared: SharedServerPool;
  /** The `PATH` of the worker; what of it the sandbox shows is the task's. */
  readonly path: string;
  /** Folders that the owner shows to all tasks, read-only. */
  readonly readable?: readonly string[];
  readonly limits?: Partial<ToolboxLimits>;
  readonly install?: ToolboxInstall;
  readonly onTrouble?: (message: string) => void;
}

const LIMITS: ToolboxLimits = { commandTimeoutMs: 1_800_000, maxOutputBytes: 64 * 1024, memoryMb: 8_192 };

/** Opens the tools of tasks: a toolbox of its own for each, in the sandbox, and the shared servers. */
export class TaskToolSessions extends ToolSessions {
  readonly #install: ToolboxInstall;
  /** What the first toolbox said of itself holds for all. */
  #discovered: DiscoverResult | undefined;

  constructor(private readonly options: TaskToolSessionsOptions) {
    super();
    this.#install = options.install ?? findToolbox();
  }

  async open(request: ToolSessionRequest): Promise<ToolSession> {
    const { sandbox, shared, path, readable = [], limits, onTrouble } = this.options;
    const setting = { install: this.#install, sandbox, path, readable, limits: { ...LIMITS, ...limits } };
    const toolbox = new SupervisedServer({
      name: 'toolbox',
      config: toolboxServer(request, setting),
      protocol: 'modern',
      prior: this.#discovered,
      onTrouble,
    });
    await toolbox.start(request.signal);
    this.#discovered ??= toolbox.discovered;
    return new TaskToolSession({ grant: request.grant, toolbox, shared, signal: request.signal, onTrouble });
  }
}
