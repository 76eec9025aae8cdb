import type { Tool } from '@modelcontextprotocol/client';
import { type ToolCallOptions, type ToolCallResult, type ToolDescription, ToolSession } from '../attempt/tools.port.js';
import type { SharedServerPool } from './shared-server-pool.js';
import type { SupervisedServer } from './supervised-server.js';
import { allowsServer, allowsTool } from './tool-grant.rules.js';
import { publicName } from './tool-name.rules.js';
import { noSuchTool } from './tools.errors.js';
import type { Grant } from '@coorchat/a2a';

/** Where a public name leads. */
interface Route {
  readonly description: ToolDescription;
  readonly call: (args: Record<string, unknown>, options: ToolCallOptions) => Promise<ToolCallResult>;
}

export interface TaskToolSessionOptions {
  readonly grant: Grant;
  readonly toolbox: SupervisedServer;
  readonly shared: SharedServerPool;
  /** Aborts with the attempt. */
  readonly signal: AbortSignal;
  readonly onTrouble?: (message: string) => void;
}

function describe(name: string, { title, description, inputSchema, annotations }: Tool): ToolDescription {
  const readOnly = annotations?.readOnlyHint === true;
  return { name, title: title ?? annotations?.title, description: description ?? '', inputSchema, readOnly };
}

/** The tools of one task. What its grant does not name is neither listed nor called. */
export class TaskToolSession extends ToolSession {
  #routes: Promise<ReadonlyMap<string, Route>> | undefined;

  constructor(private readonly options: TaskToolSessionOptions) {
    super();
  }

  async list(): Promise<readonly ToolDescription[]> {
    return [...(await this.#known()).values()].map(({ description }) => description);
  }

  async call(name: string, args: Record<string, unknown>, options: ToolCallOptions): Promise<ToolCallResult> {
    const routes = await this.#known();
    const route = routes.get(name);
    if (!route) throw noSuchTool(name, [...routes.keys()].toSorted());
    return route.call(args, options);
  }

  close(): Promise<void> {
    return this.options.toolbox.close();
  }

  #known(): Promise<ReadonlyMap<string, Route>> {
    this.#routes ??= this.#findRoutes().catch((error: unknown) => {
      this.#routes = undefined;
      throw error;
    });
    return this.#routes;
  }

  async #findRoutes(): Promise<ReadonlyMap<string, Route>> {
    const { grant, shared } = this.options;
    const granted = shared.names().filter((name) => allowsServer(grant, name));
    const routes = await Promise.all([this.#toolboxRoutes(), ...granted.map((name) => this.#sharedRoutes(name))]);
    // Reversed, so that the toolbox wins where two names are the same.
    return new Map(
      routes
        .toReversed()
        .flat()
        .map((route) => [route.description.name, route]),
    );
  }

  async #toolboxRoutes(): Promise<Route[]> {
    const { toolbox, grant, signal } = this.options;
    const tools = (await toolbox.tools(signal)).filter(({ name }) => allowsTool(grant, name));
    return tools.map((tool) => ({
      description: describe(tool.name, tool),
      call: (args, options) =>
        toolbox.call({
          name: tool.name,
          arguments: args,
          signal: options.signal,
          timeoutMs: options.timeoutMs ?? grant.maxDurationMs,
        }),
    }));
  }

  /** A server of the owner that is down is left out: the task may not need it. */
  async #sharedRoutes(server: string): Promise<Route[]> {
    const { shared, grant, signal } = this.options;
    try {
      return (await shared.tools(server, signal)).map((tool) => ({
        description: describe(publicName(server, tool.name), tool),
        call: (args, options) => shared.call({ ...options, server, name: tool.name, arguments: args, grant }),
      }));
    } catch {
      signal.throwIfAborted();
      this.options.onTrouble?.(`tool server "${server}" is down, a task goes on without it`);
      return [];
    }
  }
}
