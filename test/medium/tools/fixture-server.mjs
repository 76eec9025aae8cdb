// An MCP server that misbehaves on demand. Every start appends a line to the file that STARTS_FILE names.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const { STARTS_FILE, FAIL_START_FILE, LEGACY } = process.env;
if (FAIL_START_FILE && existsSync(FAIL_START_FILE)) {
  process.stderr.write('the database is not reachable\n');
  process.exit(1);
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });

function makeServer() {
  const server = new McpServer({ name: 'fixture', version: '1' }, { capabilities: { tools: {} } });
  const read = { annotations: { readOnlyHint: true }, inputSchema: z.object({}) };
  const write = { inputSchema: z.object({}) };
  server.registerTool('noop', { ...read, outputSchema: z.object({ ok: z.boolean() }) }, () => ({
    ...text('ok'),
    structuredContent: { ok: true },
  }));
  server.registerTool('pid', read, () => text(String(process.pid)));
  server.registerTool('crash', write, () => process.exit(7));
  server.registerTool('crash.always', read, () => process.exit(7));
  server.registerTool('crash_once', { ...read, inputSchema: z.object({ marker: z.string() }) }, ({ marker }) => {
    if (existsSync(marker)) return text('second time');
    writeFileSync(marker, '');
    process.exit(7);
  });
  server.registerTool('fail', write, () => {
    throw new Error('no such row');
  });
  server.registerTool('slow', write, () => new Promise(() => undefined));
  server.registerTool('freeze', write, () => {
    setTimeout(() => {
      for (;;);
    }, 5);
    return text('freezing');
  });
  return server;
}

process.stdin.once('data', () => STARTS_FILE && appendFileSync(STARTS_FILE, `${process.pid}\n`));
serveStdio(makeServer, LEGACY ? { legacy: 'serve' } : {});
