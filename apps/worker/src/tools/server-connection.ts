import {
  Client,
  type ConnectOptions,
  type DiscoverResult,
  SdkError,
  SdkErrorCode,
  type Tool,
} from '@modelcontextprotocol/client';
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
  /** What an error of a call through this connection means. */
  readonly faultOf: (error: unknown) => CallFault;
  /** Asks for a sign of life in the words of the protocol that was agreed on. */
  readonly checkHealth: (timeoutMs: number) => Promise<void>;
}

/** late: took too long. lost: the server is gone. refused: the server said so. */
export type CallFault = 'late' | 'lost' | 'refused';

const PROTOCOL = '2026-07-28';
const LOST: readonly SdkErrorCode[] = [SdkErrorCode.ConnectionClosed, SdkErrorCode.NotConnected];
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
    const discovered = client.getDiscoverResult();
    return { client, tools, discovered, lastWords, faultOf, checkHealth: healthCheck(client, discovered) };
  } catch (error) {
    await client.close().catch(() => undefined);
    signal?.throwIfAborted();
    throw serverUnavailable(name, error, lastWords());
  }
}

function healthCheck(client: Client, discovered: DiscoverResult | undefined): ServerConnection['checkHealth'] {
  return async (timeoutMs) => {
    await (discovered ? client.discover({ timeout: timeoutMs }) : client.ping({ timeout: timeoutMs }));
  };
}

function faultOf(error: unknown): CallFault {
  if (!(error instanceof SdkError)) return 'refused';
  if (error.code === SdkErrorCode.RequestTimeout) return 'late';
  return LOST.includes(error.code) ? 'lost' : 'refused';
}
