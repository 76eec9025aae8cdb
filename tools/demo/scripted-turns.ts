import type { FakeAnswer, FakeCall, RequestBlock } from '@coorchat/testing';

type ToolUse = NonNullable<FakeAnswer['toolUses']>[number];

/** What the scripted model sees of the conversation so far. */
export interface Scene {
  /** Number of answers that it has given in this conversation. */
  readonly step: number;
  /** Text of the results of its last tool calls, in order. */
  readonly results: readonly string[];
}

export type Turn = (scene: Scene) => FakeAnswer;

function textOf(block: RequestBlock): string {
  if (typeof block.content === 'string') return block.content;
  return (block.content ?? []).map(({ text }) => text ?? '').join('\n');
}

export function sceneOf({ body }: FakeCall): Scene {
  const last = body.messages.at(-1);
  const blocks = typeof last?.content === 'string' ? [] : (last?.content ?? []);
  const results = blocks.filter(({ type }) => type === 'tool_result').map(textOf);
  return { step: body.messages.filter(({ role }) => role === 'assistant').length, results };
}

export const use = {
  read: (path: string): ToolUse => ({ name: 'read_file', input: { path } }),
  write: (path: string, content: string): ToolUse => ({ name: 'write_file', input: { path, content } }),
  edit: (path: string, oldText: string, newText: string): ToolUse => ({
    name: 'edit_file',
    input: { path, oldText, newText },
  }),
  list: (path: string): ToolUse => ({ name: 'list_files', input: { path } }),
  tests: (check: string): ToolUse => ({ name: 'run_tests', input: { check } }),
  commit: (message: string): ToolUse => ({ name: 'git_commit', input: { message } }),
};

/** Says something and calls tools. */
export function act(text: string, ...toolUses: ToolUse[]): Turn {
  return () => ({ text, toolUses });
}

function looksGreen(result: string | undefined): boolean {
  return (
    result !== undefined && /pass/i.test(result) && !/fail(ed|ures)?:? [1-9]|# fail [1-9]|did not pass/i.test(result)
  );
}

/** Goes on when the tests that ran last are green, else gives up honestly. */
export function whenGreen(turn: Turn): Turn {
  return (scene) =>
    looksGreen(scene.results.at(-1)) ? turn(scene) : { text: 'The tests still fail; this script knows no other way.' };
}

export function finish(text: string): Turn {
  return () => ({ text });
}
