import type Anthropic from '@anthropic-ai/sdk';
import { messageOf } from '@coorchat/kernel';
import type { AttemptNews } from '../attempt/agent-loop.port.js';
import type { ToolCallResult, ToolSession } from '../attempt/tools.port.js';

const MAX_RESULT_CHARACTERS = 60_000;
const SUMMARY_CHARACTERS = 160;

export interface ToolTurn {
  readonly uses: readonly Anthropic.ToolUseBlockParam[];
  readonly tools: ToolSession;
  readonly emit: (news: AttemptNews) => void;
  readonly signal: AbortSignal;
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > SUMMARY_CHARACTERS ? `${line.slice(0, SUMMARY_CHARACTERS)}…` : line;
}

/** `src/cart.js` of `{path: "src/cart.js"}`: what a person wants to see of a call. */
export function describeInput(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const values = Object.values(input).filter((value) => typeof value === 'string' || Array.isArray(value));
  const [first] = values;
  return firstLine(Array.isArray(first) ? first.join(' ') : String(first ?? ''));
}

function shortened(text: string): string {
  if (text.length <= MAX_RESULT_CHARACTERS) return text === '' ? '(no output)' : text;
  const half = MAX_RESULT_CHARACTERS / 2;
  return `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`;
}

async function callTool(use: Anthropic.ToolUseBlockParam, turn: ToolTurn): Promise<ToolCallResult> {
  const args = typeof use.input === 'object' && use.input !== null ? (use.input as Record<string, unknown>) : {};
  try {
    return await turn.tools.call(use.name, args, { signal: turn.signal });
  } catch (error) {
    turn.signal.throwIfAborted();
    return { text: messageOf(error), isError: true };
  }
}

async function runOne(use: Anthropic.ToolUseBlockParam, turn: ToolTurn): Promise<Anthropic.ToolResultBlockParam> {
  turn.emit({ progress: { kind: 'tool_call', tool: use.name, summary: describeInput(use.input) } });
  const { text, isError } = await callTool(use, turn);
  turn.emit({ progress: { kind: 'tool_result', tool: use.name, isError, summary: firstLine(text) } });
  const content = [{ type: 'text' as const, text: shortened(text) }];
  return { type: 'tool_result', tool_use_id: use.id, content, ...(isError ? { is_error: true } : {}) };
}

/** Runs the tool calls of one answer in order: later ones may build on what earlier ones wrote. */
export async function runToolTurn(turn: ToolTurn): Promise<Anthropic.ToolResultBlockParam[]> {
  const results: Anthropic.ToolResultBlockParam[] = [];
  for (const use of turn.uses) {
    turn.signal.throwIfAborted();
    results.push(await runOne(use, turn));
  }
  return results;
}
