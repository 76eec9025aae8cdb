import { type FakeAnswer, type FakeCall, FakeClaude } from '@coorchat/testing';
import { SCRIPTED_PLAN, SCRIPTED_TASKS } from './scripted-tasks.ts';
import { sceneOf } from './scripted-turns.ts';

export interface DemoModel {
  /** `scripted`, or the id of the real model. */
  readonly name: string;
  /** How people are told. */
  readonly label: string;
  /** What the control plane needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Long enough to see, short enough not to bore. */
const THINKING_MS = 500;
const DEFAULT_MODEL = 'claude-opus-5-5';

function taskKeyOf({ body }: FakeCall): string | undefined {
  return /<task key="([^"]+)">/.exec(JSON.stringify(body.messages[0]).replaceAll('\\"', '"'))?.[1];
}

export function scriptedAnswer(call: FakeCall): FakeAnswer {
  const after = new Promise((resolve) => setTimeout(resolve, THINKING_MS));
  if (call.body.output_config !== undefined) return { text: JSON.stringify(SCRIPTED_PLAN), after };
  const key = taskKeyOf(call);
  const scene = sceneOf(call);
  const turn = key === undefined ? undefined : SCRIPTED_TASKS[key]?.[scene.step];
  return turn ? { ...turn(scene), after } : { text: 'The script has nothing more to say.', after };
}

/** Claude when there is a key for it; otherwise a script that speaks the Messages API over local HTTP. */
export async function chooseModel(): Promise<DemoModel> {
  const apiKey = process.env['ANTHROPIC_API_KEY'];
  if (apiKey) {
    const baseUrl = process.env['ANTHROPIC_BASE_URL'];
    const env = { ANTHROPIC_API_KEY: apiKey, ...(baseUrl ? { ANTHROPIC_BASE_URL: baseUrl } : {}) };
    return { name: DEFAULT_MODEL, label: `Claude (${DEFAULT_MODEL})`, env, stop: () => Promise.resolve() };
  }
  const fake = await FakeClaude.start(scriptedAnswer);
  return {
    name: 'scripted',
    label: 'scripted, not Claude: ANTHROPIC_API_KEY is not set. Set it, and the same demo uses Claude.',
    env: { ANTHROPIC_API_KEY: 'scripted', ANTHROPIC_BASE_URL: fake.url },
    stop: () => fake.close(),
  };
}
