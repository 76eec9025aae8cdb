import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AgentLoop,
  type AgentRun,
  type MakeParts,
  SharedServers,
  type SharedToolCall,
  ToolSession,
  ToolSessions,
  WorkspaceFactory,
} from '@coorchat/worker';

/** The owner's server: echoes, fails, or waits until it is told to stop. */
class FixtureServers extends SharedServers {
  constructor(private readonly diary: string) {
    super();
  }
  names() {
    return ['owner'];
  }
  async call({ name, arguments: args, signal }: SharedToolCall) {
    appendFileSync(this.diary, `call ${name}\n`);
    if (name === 'fail') return { text: 'it broke', isError: true };
    if (name === 'wait') await sleep(3_600_000, undefined, { signal }).catch(() => signal.throwIfAborted());
    return { text: String(args.text ?? ''), structured: { said: args.text }, isError: false };
  }
}

class NoTools extends ToolSession {
  async list() {
    return [];
  }
  async call() {
    return { text: '', isError: false };
  }
  async close() {}
}

class FixtureSessions extends ToolSessions {
  async open() {
    return new NoTools();
  }
}

class NoWorkspaces extends WorkspaceFactory {
  create(): never {
    throw new Error('no git here');
  }
  open(): never {
    throw new Error('no git here');
  }
  prepareRepository(): never {
    throw new Error('no git here');
  }
}

/** Two steps with a checkpoint between them; the second one waits for a file. */
class FixtureAgent extends AgentLoop {
  constructor(private readonly diary: string) {
    super();
  }
  async run({ assignment, checkpoints, emit, signal }: AgentRun) {
    if ((await checkpoints.load()) === undefined) {
      appendFileSync(this.diary, 'step one\n');
      emit({ progress: { kind: 'text', text: 'one' } });
      await checkpoints.save({ step: 1 });
      emit({ progress: { kind: 'text', text: 'saved' } });
    }
    const go = assignment.description;
    while (!existsSync(go)) await sleep(20, undefined, { signal }).catch(() => signal.throwIfAborted());
    appendFileSync(this.diary, 'step two\n');
    emit({ progress: { kind: 'text', text: 'two' } });
    return { summary: 'both steps' };
  }
}

export function fixtureParts(diary: string): MakeParts {
  return async () => ({
    sandbox: 'none',
    commands: { path: process.env.PATH ?? '', visible: undefined },
    servers: new FixtureServers(diary),
    tools: new FixtureSessions(),
    workspaces: new NoWorkspaces(),
    agent: new FixtureAgent(diary),
    close: async () => undefined,
  });
}
