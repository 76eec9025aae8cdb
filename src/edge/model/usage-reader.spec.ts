import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamUsageReader, usageOfMessage } from './usage-reader.js';

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
        const reader = new StreamUsageReader();
        const bounds = [0, ...[...new Set(cuts)].sort((a, b) => a - b), STREAM.length];
        for (let i = 1; i < bounds.length; i++) reader.read(STREAM.subarray(bounds[i - 1], bounds[i]));
        expect(reader.usage).toEqual({ model: 'claude-opus-5-5', usage: USAGE });
        expect(reader.isComplete).toBe(true);
      }),
    );
  });

  it('keeps what was charged at the start when the stream breaks', () => {
    const reader = new StreamUsageReader();
    reader.read(STREAM.subarray(0, STREAM.indexOf('event: message_delta')));
    expect(reader.usage?.usage).toMatchObject({ inputTokens: 10, outputTokens: 1 });
    expect(reader.isComplete).toBe(false);
  });

  it('knows nothing before the answer starts', () => {
    expect(new StreamUsageReader().usage).toBeUndefined();
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
