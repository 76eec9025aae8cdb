import { describe, expect, it } from 'vitest';
import { allowsServer, allowsTool } from './tool-grant.rules.js';
import { publicName } from './tool-name.rules.js';
import { toolResult } from './tool-result.rules.js';
import { visiblePath } from './toolbox-command.js';

const grant = { tools: ['*'], mcpServers: [], commands: false, network: 'none' as const };

describe('what a grant allows', () => {
  it('is every tool with a star, but commands only with their own permission', () => {
    expect(allowsTool(grant, 'read_file')).toBe(true);
    expect(allowsTool(grant, 'run_command')).toBe(false);
    expect(allowsTool({ ...grant, commands: true }, 'run_command')).toBe(true);
  });

  it('is what it names and nothing else', () => {
    const narrow = { ...grant, tools: ['read_file'], commands: true };
    expect(allowsTool(narrow, 'read_file')).toBe(true);
    expect(allowsTool(narrow, 'write_file')).toBe(false);
    expect(allowsTool(narrow, 'run_command')).toBe(false);
    expect(allowsServer(narrow, 'db')).toBe(false);
    expect(allowsServer({ ...grant, mcpServers: ['db'] }, 'db')).toBe(true);
    expect(allowsServer({ ...grant, mcpServers: ['*'] }, 'db')).toBe(true);
  });
});

describe('the name of an owner’s tool', () => {
  it('carries the server and only letters that a model may call', () => {
    expect(publicName('db', 'query.run now')).toBe('db__query_run_now');
    expect(publicName('s', 'x'.repeat(200))).toHaveLength(128);
  });
});

describe('the result of a tool', () => {
  it('is the text of all parts, with what has no text named', () => {
    const content = [
      { type: 'text' as const, text: 'a' },
      { type: 'image' as const, data: '', mimeType: 'image/png' },
    ];
    expect(toolResult({ content })).toEqual({ text: 'a\n[image, image/png]', isError: false });
  });

  it('shows a structured result that has no text', () => {
    expect(toolResult({ content: [], structuredContent: { a: 1 }, isError: false })).toEqual({
      text: '{"a":1}',
      structured: { a: 1 },
      isError: false,
    });
  });
});

describe('the path inside of the sandbox', () => {
  it('has the folders that are shown, in their order, and our node', () => {
    const path = '/root/.cargo/bin:/usr/local/bin:/usrx/bin:/usr/bin:/usr/bin';
    expect(visiblePath(path, ['/usr'], '/opt/n/bin/node')).toBe('/usr/local/bin:/usr/bin:/opt/n/bin');
  });

  it('is the whole path where everything is shown', () => {
    expect(visiblePath('/a:/b', undefined, '/b/node')).toBe('/a:/b');
  });
});
