import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import type { ToolCallResult } from '../attempt/tools.port.js';

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[resource ${block.resource.uri}]`;
    case 'resource_link':
      return `[resource ${block.uri}]`;
    case 'image':
    case 'audio':
      return `[${block.type}, ${block.mimeType}]`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a task sees of a server's answer. */
export function toolResult({ content, structuredContent, isError }: CallToolResult): ToolCallResult {
  const text = content.map(textOf).join('\n');
  const shown = text === '' && structuredContent !== undefined ? JSON.stringify(structuredContent) : text;
  const structured = isRecord(structuredContent) ? { structured: structuredContent } : {};
  return { text: shown, ...structured, isError: isError ?? false };
}

export function failedCall(text: string): ToolCallResult {
  return { text, isError: true };
}
