import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamUsageReader, usageOfBrokenMessage, usageOfMessage } from './usage-reader.js';

const EVENTS = [
  {
    type: 'message_start',
    message: {
      model: 'claude-opus-5-5',
      usage: {
        input_tokens: 10,
        output_tokens: 1,
        cache_read_input_tokens: 300,
        cache_creation_input_tokens: 40,
        cache_creation: { ephemeral_5m_input_tokens: 25, ephemeral_1h_input_tokens: 15 },
      },
    },
  },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a "usage" of words, größer' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 77 } },
  { type: 'message_stop' },
];
const STREAM = Buffer.from(EVENTS.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
const USAGE = {
  inputTokens: 10,
  outputTokens: 77,
  cacheReadTokens: 300,
  cacheWrite5mTokens: 25,
  cacheWrite1hTokens: 15,
};

describe('StreamUsageReader', () => {
  it('reads the same usage wherever the stream is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: STREAM.length - 1 })), (cuts) => {
        const reader = new StreamUsageReader({ maxTokens: 1000 });
        const bounds = [0, ...[...new Set(cuts)].sort((a, b) => a - b), STREAM.length];
        for (let i = 1; i < bounds.length; i++) reader.read(STREAM.subarray(bounds[i - 1], bounds[i]));
        expect(reader.usage).toEqual({ model: 'claude-opus-5-5', usage: USAGE, estimated: false });
      }),
    );
  });

  const brokenBefore = (mark: string, maxTokens = 1000, stream = STREAM) => {
    const reader = new StreamUsageReader({ maxTokens });
    reader.read(stream.subarray(0, stream.indexOf(mark)));
    return reader.usage;
  };

  it('keeps what was charged at the start when the stream breaks, and counts what was written since', () => {
    // 28 bytes, two of them a token, on top of the one token that the API told.
    expect(brokenBefore('event: message_delta')).toMatchObject({
      usage: { inputTokens: 10, cacheReadTokens: 300, outputTokens: 1 + 14 },
      estimated: true,
    });
  });

  it('counts no more than the call may have', () => {
    expect(brokenBefore('event: message_delta', 9)?.usage.outputTokens).toBe(9);
  });

  it('counts thinking and arguments of tools too', () => {
    const written = [
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'hm' } },
    ];
    const events = [EVENTS[0], ...written, { type: 'ping' }];
    const stream = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    expect(brokenBefore('data: {"type":"ping"}', 1000, stream)?.usage.outputTokens).toBe(1 + 2 + 4 + 1);
  });

  it('needs no estimate once the API told how much it wrote', () => {
    expect(brokenBefore('event: message_stop')).toEqual({ model: 'claude-opus-5-5', usage: USAGE, estimated: false });
  });

  it('knows nothing before the answer starts', () => {
    expect(new StreamUsageReader({ maxTokens: 1 }).usage).toBeUndefined();
  });
});

describe('usageOfMessage', () => {
  it('reads an unstreamed answer, and counts cache writes without a lifetime as the short one', () => {
    const message = { model: 'm', usage: { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 5 } };
    expect(usageOfMessage(JSON.stringify(message))?.usage).toMatchObject({ cacheWrite5mTokens: 5 });
  });

  it('is undefined for anything else', () => {
    expect(usageOfMessage('<html>')).toBeUndefined();
  });
});

describe('usageOfBrokenMessage', () => {
  const lost = { model: 'm', prompt: 'x'.repeat(100), maxTokens: 50 };

  it('takes the longest answer unless the size of the lost one is known', () => {
    expect(usageOfBrokenMessage({ ...lost, answerBytes: undefined })).toMatchObject({
      usage: { inputTokens: 50, outputTokens: 50 },
      estimated: true,
    });
    expect(usageOfBrokenMessage({ ...lost, answerBytes: 20 }).usage.outputTokens).toBe(10);
  });
});
