import { randomUUID } from 'node:crypto';
import type { FakeAnswer, FakeCall } from '@coorchat/testing';
import { use } from '../../tools/demo/scripted-turns.ts';

type ToolUse = NonNullable<FakeAnswer['toolUses']>[number];

const WAITS = 'setInterval(() => undefined, 1000)';
/** One process that starts another one and waits, as a test runner or a development server would. */
const PARENT = `require('node:child_process').spawn(process.execPath, ['-e', '${WAITS}', process.argv[1]]); ${WAITS}`;

function taskKeyOf({ body }: FakeCall): string | undefined {
  return /<task key="([^"]+)">/.exec(JSON.stringify(body.messages[0]).replaceAll('\\"', '"'))?.[1];
}

/** A model whose tasks do not end by themselves, each in its own way. */
export class StopScript {
  /** On the command line of each process that the task `busy` starts. */
  readonly marker = `coorchat-e2e-${randomUUID()}`;
  #release = Promise.withResolvers<void>();

  readonly answer = (call: FakeCall): FakeAnswer => {
    switch (taskKeyOf(call)) {
      case 'busy':
        return { text: 'I start something long.', toolUses: [this.#longCommand] };
      case 'thinking':
        return { text: 'I thought long about it, and nothing is to be done.', after: this.#release.promise };
      default:
        return { text: 'I read it once more.', toolUses: [use.read('README.md')] };
    }
  };

  /** Ends what `thinking` waits for; the next one waits anew. */
  release(): void {
    this.#release.resolve();
    this.#release = Promise.withResolvers<void>();
  }

  get #longCommand(): ToolUse {
    return { name: 'run_command', input: { command: ['node', '-e', PARENT, this.marker] } };
  }
}

/** A task of the script, and one that builds on it. */
export function tasksFor(key: 'busy' | 'thinking' | 'reading'): object[] {
  const tool = { name: 'run_tests', arguments: { check: 'pricing' } };
  return [
    { key, kind: 'agent', title: 'Does not end', description: 'Go on and on.' },
    { key: 'check', kind: 'tool', title: 'Check', tool, dependsOn: [key] },
  ];
}
