import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

/** An MCP server whose one tool does nothing: what is left is the way there and back. */
function makeServer(): McpServer {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  server.registerTool('noop', { description: 'Does nothing', inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: 'done' }],
  }));
  return server;
}

void serveStdio(() => makeServer());
