import { tokensOf } from './prompt-cache.js';
import type { FakeAnswer, FakeUsage } from './messages-api.types.js';

export type ContentBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Record<string, unknown> };

export interface FakeMessage {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly model: string;
  readonly content: readonly ContentBlock[];
  readonly stop_reason: string;
  readonly stop_sequence: null;
  readonly usage: FakeUsage;
}

export function contentOf(answer: FakeAnswer, callNumber: number): ContentBlock[] {
  const text: ContentBlock[] = answer.text === undefined ? [] : [{ type: 'text', text: answer.text }];
  const uses = (answer.toolUses ?? []).map(({ name, input }, index): ContentBlock => ({
    type: 'tool_use',
    id: `toolu_${callNumber}_${index}`,
    name,
    input,
  }));
  return [...text, ...uses];
}

export function outputTokensOf(content: readonly ContentBlock[]): number {
  return tokensOf(JSON.stringify(content));
}

type StreamEvent = { readonly type: string } & Record<string, unknown>;

function blockEvents(block: ContentBlock, index: number): StreamEvent[] {
  const start = block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };
  const delta =
    block.type === 'text'
      ? { type: 'text_delta', text: block.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
  return [
    { type: 'content_block_start', index, content_block: start },
    { type: 'content_block_delta', index, delta },
    { type: 'content_block_stop', index },
  ];
}

/** The server-sent events in which the API streams a message. */
export function streamEvents(message: FakeMessage): StreamEvent[] {
  const usage = message.usage;
  return [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    },
    ...message.content.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    },
    { type: 'message_stop' },
  ];
}
