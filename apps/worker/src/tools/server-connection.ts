import { Client, type ConnectOptions, type DiscoverResult, type Tool } from '@modelcontextprotocol/client';
import { openTransport, type ToolServerConfig } from './tool-server.config.js';
import { serverUnavailable } from './tools.errors.js';

export interface ConnectionRequest {
  readonly name: string;
  readonly config: ToolServerConfig;
  /** modern: the newest protocol and nothing else. auto: whatever the server speaks. */
  readonly protocol: 'modern' | 'auto';
  /** What an earlier connection learned, which saves asking again. */
  readonly prior: DiscoverResult | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface ServerConnection {
  readonly client: Client;
  readonly tools: readonly Tool[];
  readonly discovered: DiscoverResult | undefined;
  readonly lastWords: () => string;
}

const PROTOCOL = '2026-07-28';
const CLIENT = { name: 'coorchat-worker', version: '0.1.0' };

/** Starts a server, shakes hands and learns its tools. Throws `worker.tool_server_unavailable`. */
export async function connectServer(request: ConnectionRequest): Promise<ServerConnection> {
  const { name, config, protocol, prior, timeoutMs, signal } = request;
  const mode = protocol === 'modern' ? { pin: PROTOCOL } : 'auto';
  const client = new Client(CLIENT, { versionNegotiation: { mode, probe: { timeoutMs } } });
  const { transport, lastWords } = openTransport(config);
  const known: ConnectOptions = prior ? { prior: { kind: 'modern', discover: prior } } : {};
  try {
    await client.connect(transport, { timeout: timeoutMs, signal, ...known });
    // Listing also gives the client the output schemas that it checks results against.
    const { tools } = await client.listTools(undefined, { timeout: timeoutMs, signal });
    return { client, tools, discovered: client.getDiscoverResult(), lastWords };
  } catch (error) {
    await client.close().catch(() => undefined);
    signal?.throwIfAborted();
    throw serverUnavailable(name, error, lastWords());
  }
}

/** Asks for a sign of life in the words of the protocol that was agreed on. */
export async function checkHealth({ client, discovered }: ServerConnection, timeoutMs: number): Promise<void> {
  await (discovered ? client.discover({ timeout: timeoutMs }) : client.ping({ timeout: timeoutMs }));
}
