import type Anthropic from '@anthropic-ai/sdk';
import type { ToolDescription } from '../attempt/tools.port.js';

const EPHEMERAL = { type: 'ephemeral' } as const;

type Block = Exclude<Anthropic.MessageParam['content'], string>[number];

function marked(block: Block): Block {
  return block.type === 'thinking' || block.type === 'redacted_thinking'
    ? block
    : ({ ...block, cache_control: EPHEMERAL } as Block);
}

/**
 * Marks the end of the conversation as cached, so that the next call reads all of it for a fraction
 * of the price. Tools and system prompt carry marks of their own: three of the four that the API allows.
 */
export function cachedMessages(messages: readonly Anthropic.MessageParam[]): Anthropic.MessageParam[] {
  return messages.map((message, index) => {
    if (index !== messages.length - 1 || message.role !== 'user' || typeof message.content === 'string') return message;
    const content = message.content.map((block, at, all) => (at === all.length - 1 ? marked(block) : block));
    return { role: 'user', content };
  });
}

export function cachedSystem(text: string): Anthropic.TextBlockParam[] {
  return [{ type: 'text', text, cache_control: EPHEMERAL }];
}

export function cachedTools(tools: readonly ToolDescription[]): Anthropic.Tool[] {
  return tools.map(({ name, description, inputSchema }, index) => ({
    name,
    description,
    input_schema: { ...inputSchema, type: 'object' },
    ...(index === tools.length - 1 ? { cache_control: EPHEMERAL } : {}),
  }));
}
