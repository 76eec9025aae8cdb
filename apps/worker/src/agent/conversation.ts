import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';

const conversationSchema = z.object({
  version: z.literal(1),
  /** Model calls that were answered. Numbers the call ids, so that a repeated call is recognised. */
  calls: z.number().int().nonnegative(),
  messages: z.array(z.custom<Anthropic.MessageParam>((value) => typeof value === 'object' && value !== null)),
});

/** What an attempt and its model said to each other so far: all that a restarted worker needs to go on. */
export type Conversation = z.infer<typeof conversationSchema>;

export function newConversation(opening: string): Conversation {
  return { version: 1, calls: 0, messages: [{ role: 'user', content: [{ type: 'text', text: opening }] }] };
}

/** A checkpoint of another version is not understood: the attempt starts over. */
export function restoreConversation(checkpoint: unknown): Conversation | undefined {
  const parsed = conversationSchema.safeParse(checkpoint);
  return parsed.success ? parsed.data : undefined;
}

export function withAnswer(conversation: Conversation, content: readonly Anthropic.ContentBlock[]): Conversation {
  const answer: Anthropic.MessageParam = { role: 'assistant', content: [...content] as Anthropic.ContentBlockParam[] };
  return { ...conversation, calls: conversation.calls + 1, messages: [...conversation.messages, answer] };
}

export function withUserBlocks(
  conversation: Conversation,
  blocks: readonly Anthropic.ContentBlockParam[],
): Conversation {
  return { ...conversation, messages: [...conversation.messages, { role: 'user', content: [...blocks] }] };
}

/** Tool calls of the last answer that nobody has run yet, or whose results were lost with a crash. */
export function openToolUses(conversation: Conversation): Anthropic.ToolUseBlockParam[] {
  const last = conversation.messages.at(-1);
  if (last?.role !== 'assistant' || typeof last.content === 'string') return [];
  return last.content.filter((block) => block.type === 'tool_use');
}

/** What the model said in its last answer. */
export function lastText(conversation: Conversation): string {
  const last = conversation.messages.findLast(({ role }) => role === 'assistant');
  if (!last) return '';
  if (typeof last.content === 'string') return last.content;
  return last.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}
