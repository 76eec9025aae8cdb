import type { BackoffPolicy } from '@coorchat/kernel';
import type { Tool } from '@modelcontextprotocol/client';
import { type SharedToolCall, SharedServers, type ToolCallResult } from '../attempt/tools.port.js';
import { SupervisedServer } from './supervised-server.js';
import { allowsServer } from './tool-grant.rules.js';
import type { ToolServerConfig } from './tool-server.config.js';
import { noSuchServer, noSuchTool, serverNotGranted } from './tools.errors.js';

export interface SharedServerPoolOptions {
  /** The owner's servers by name, in the usual `mcpServers` form. */
  readonly servers: Readonly<Record<string, ToolServerConfig>>;
  readonly callTimeoutMs?: number;
  readonly healthIntervalMs?: number;
  readonly restart?: BackoffPolicy;
  readonly onTrouble?: (message: string) => void;
}

const CALL_TIMEOUT_MS = 600_000;

/** The owner's MCP servers: one process each for as long as the worker lives, shared by all tasks. */
export class SharedServerPool extends SharedServers {
  readonly #servers: ReadonlyMap<string, SupervisedServer>;
  readonly #callTimeoutMs: number;

  constructor({ servers, callTimeoutMs = CALL_TIMEOUT_MS, ...supervision }: SharedServerPoolOptions) {
    super();
    this.#callTimeoutMs = callTimeoutMs;
    this.#servers = new Map(
      Object.entries(servers).map(([name, config]) => [
        name,
        new SupervisedServer({ name, config, protocol: 'auto', ...supervision }),
      ]),
    );
  }

  /** Starts all servers without waiting; one that does not start is tried again and again. */
  start(): void {
    for (const server of this.#servers.values()) server.startInBackground();
  }

  names(): readonly string[] {
    return [...this.#servers.keys()];
  }

  /** Waits for a server that is starting. Throws `worker.tool_server_unavailable` when that takes too long. */
  tools(name: string, signal: AbortSignal): Promise<readonly Tool[]> {
    return this.#server(name).tools(signal);
  }

  /** Throws `worker.server_not_granted`, `worker.no_such_server` or `worker.no_such_tool`, and on abort. */
  async call({
    server: name,
    name: tool,
    arguments: args,
    grant,
    signal,
    timeoutMs,
  }: SharedToolCall): Promise<ToolCallResult> {
    if (!allowsServer(grant, name)) throw serverNotGranted(name);
    const server = this.#server(name);
    const known = (await server.tools(signal)).map((each) => each.name);
    if (!known.includes(tool)) throw noSuchTool(tool, known);
    return server.call({ name: tool, arguments: args, signal, timeoutMs: timeoutMs ?? this.#callTimeoutMs });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  #server(name: string): SupervisedServer {
    const server = this.#servers.get(name);
    if (!server) throw noSuchServer(name);
    return server;
  }
}
