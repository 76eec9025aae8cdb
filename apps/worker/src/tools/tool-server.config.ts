import type { Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** A server in the usual `mcpServers` form. */
export type ToolServerConfig =
  | {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

export interface StartedTransport {
  readonly transport: Transport;
  /** The last words of the process on stderr, for the log. */
  readonly lastWords: () => string;
}

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_LAST_WORDS = 2_000;

/** A new connection to a server; a process is started when the client connects. */
export function openTransport(config: ToolServerConfig): StartedTransport {
  if ('url' in config) {
    const requestInit = { headers: { ...config.headers } };
    return { transport: new StreamableHTTPClientTransport(new URL(config.url), { requestInit }), lastWords: () => '' };
  }
  const { command, args = [], env, cwd } = config;
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    cwd,
    stderr: 'pipe',
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  let words = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString('utf8')}`.slice(-MAX_LAST_WORDS);
  });
  sendInTurn(transport);
  return { transport, lastWords: () => words.trim() };
}

/** Many calls at once would each wait for a full pipe by themselves; like this, one waits for all. */
function sendInTurn(transport: StdioClientTransport): void {
  const send = transport.send.bind(transport);
  let last: Promise<void> = Promise.resolve();
  transport.send = (message) => {
    const sent = last.then(() => send(message));
    last = sent.catch(() => undefined);
    return sent;
  };
}
