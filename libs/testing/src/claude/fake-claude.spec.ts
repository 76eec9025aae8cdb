import Anthropic from '@anthropic-ai/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClaude } from './fake-claude.js';
import type { FakeScript } from './messages-api.types.js';

let fake: FakeClaude | undefined;

async function clientFor(script: FakeScript): Promise<Anthropic> {
  fake = await FakeClaude.start(script);
  return new Anthropic({ apiKey: 'test', baseURL: fake.url, maxRetries: 0 });
}

const LONG = 'x'.repeat(4000);
const request = (extra: string) => ({
  model: 'claude-opus-5-5',
  max_tokens: 100,
  system: [{ type: 'text' as const, text: LONG, cache_control: { type: 'ephemeral' as const } }],
  messages: [{ role: 'user' as const, content: extra }],
});

describe('FakeClaude', () => {
  afterEach(() => fake?.close());

  it('streams text and tool uses that the official SDK assembles', async () => {
    const client = await clientFor(() => ({
      text: 'Reading.',
      toolUses: [{ name: 'read_file', input: { path: 'a' } }],
    }));
    const message = await client.messages.stream(request('go')).finalMessage();
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'text', text: 'Reading.' },
      { type: 'tool_use', name: 'read_file', input: { path: 'a' } },
    ]);
  });

  it('writes a marked prefix to the cache once and reads it afterwards', async () => {
    const client = await clientFor(() => ({ text: 'ok' }));
    const first = await client.messages.create(request('one'));
    const second = await client.messages.stream(request('two')).finalMessage();
    expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(1000);
    expect(second.usage).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: first.usage.cache_creation_input_tokens,
    });
  });

  it('fails with the status and the type that the script names', async () => {
    const client = await clientFor(() => ({ status: 529, errorType: 'overloaded_error', retryAfterSeconds: 1 }));
    await expect(client.messages.create(request('go'))).rejects.toMatchObject({ status: 529 });
  });

  it('breaks the connection in the middle of a stream', async () => {
    const client = await clientFor(() => ({ text: 'half', breakAfterEvents: 3 }));
    await expect(client.messages.stream(request('go')).finalMessage()).rejects.toThrow();
  });
});
