import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Assignment } from '@coorchat/a2a';
import type { Clock } from '@coorchat/kernel';
import { FakeClaude, type FakeScript, type FakeTurn } from '@coorchat/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentRun, AttemptNews } from '../attempt/agent-loop.port.js';
import { type BlobReference, BlobStore } from '../attempt/blob-store.port.js';
import { type ToolCallResult, type ToolDescription, ToolSession } from '../attempt/tools.port.js';
import { ClaudeAgentLoop, type ClaudeAgentLoopOptions } from './index.js';

const READ_FILE: ToolDescription = {
  name: 'read_file',
  description: 'Reads a file',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
  readOnly: true,
};

class RecordingTools extends ToolSession {
  readonly calls: { name: string; args: unknown }[] = [];
  answer: (name: string) => Promise<ToolCallResult> = async () => ({ text: 'content of the file', isError: false });

  async list() {
    return [READ_FILE];
  }
  async call(name: string, args: Record<string, unknown>) {
    this.calls.push({ name, args });
    return this.answer(name);
  }
  async close() {}
}

class KeptBlobs extends BlobStore {
  readonly texts: string[] = [];
  async upload(file: string): Promise<BlobReference> {
    this.texts.push(await readFile(file, 'utf8'));
    return { digest: 'sha256:0', bytes: 1 };
  }
  async download() {}
  async has() {
    return false;
  }
}

/** A clock on which waiting takes no time and is remembered. */
function impatientClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return { waits, now: () => new Date(), sleep: async (ms) => void waits.push(ms) };
}

const claudes: FakeClaude[] = [];

async function scene(script: FakeScript, options: Partial<ClaudeAgentLoopOptions> = {}) {
  const claude = await FakeClaude.start(script);
  claudes.push(claude);
  const clock = impatientClock();
  const tools = new RecordingTools();
  const blobs = new KeptBlobs();
  const news: AttemptNews[] = [];
  const controller = new AbortController();
  let checkpoint: unknown;
  const assignment = {
    attemptId: 'att_1',
    key: 'fix',
    title: 'Fix the cart',
    description: 'The total is wrong.',
    goal: 'Make the shop work',
    model: null,
    upstreams: [],
    checks: { tests: { command: ['node', '--test'] } },
    api: { url: 'http://unused.invalid', token: 'cca_token' },
    grant: { ownModelKey: true },
  } as unknown as Assignment;
  const run: AgentRun = {
    assignment: { ...assignment, api: { url: claude.url, token: 'cca_token' } },
    tools,
    root: '/nowhere',
    checkpoints: { load: async () => checkpoint, save: async (value) => void (checkpoint = structuredClone(value)) },
    blobs,
    emit: (item) => void news.push(item),
    signal: controller.signal,
    untilWanted: () => Promise.resolve(),
  };
  const loop = new ClaudeAgentLoop({
    access: { source: 'own', apiKey: 'sk-own', baseUrl: claude.url },
    defaultModel: 'claude-opus-5-5',
    clock,
    redact: (text) => text.replaceAll('hunter2', '***'),
    scratchDir: await mkdtemp(path.join(tmpdir(), 'agent-')),
    ...options,
  });
  return { claude, clock, tools, blobs, news, run, loop, controller, checkpoint: () => checkpoint };
}

const turns =
  (...list: FakeTurn[]): FakeScript =>
  ({ number }) => {
    const turn = list[number - 1];
    if (!turn) throw new Error(`no turn ${number}`);
    return turn;
  };

const USE_TOOL: FakeTurn = { text: 'Looking.', toolUses: [{ name: 'read_file', input: { path: 'src/cart.js' } }] };
const DONE: FakeTurn = { text: 'Fixed it. The password is hunter2.' };

describe('ClaudeAgentLoop', () => {
  afterEach(async () => {
    for (const claude of claudes.splice(0)) await claude.close();
  });

  it('calls tools until the model answers without one, and returns its summary', async () => {
    const { loop, run, tools, news, claude, blobs } = await scene(turns(USE_TOOL, DONE));
    const outcome = await loop.run(run);
    expect(outcome.summary).toContain('Fixed it.');
    expect(tools.calls).toEqual([{ name: 'read_file', args: { path: 'src/cart.js' } }]);
    expect(news.flatMap((item) => ('progress' in item ? [item.progress.kind] : []))).toEqual([
      'text',
      'tokens',
      'tool_call',
      'tool_result',
      'text',
      'tokens',
    ]);
    expect(claude.calls.map(({ headers }) => headers['x-coorchat-call-id'])).toEqual(['att_1-1', 'att_1-2']);
    expect(blobs.texts[0]).toContain('***');
    expect(blobs.texts[0]).not.toContain('hunter2');
  });

  it('reads the earlier conversation from the prompt cache', async () => {
    const { loop, run, news } = await scene(turns(USE_TOOL, DONE));
    await loop.run(run);
    const usages = news.flatMap((item) => ('usage' in item ? [item.usage] : []));
    expect(usages.map(({ callId }) => callId)).toEqual(['att_1-1', 'att_1-2']);
    expect(usages[1]?.usage.cacheReadTokens).toBeGreaterThan(0);
    expect(usages[1]?.usage.inputTokens).toBe(0);
  });

  it('uses the relay with the attempt’s token, and leaves the metering to it', async () => {
    const { loop, run, news, claude } = await scene(turns(DONE), { access: { source: 'relay' } });
    await loop.run(run);
    expect(claude.calls[0]).toMatchObject({
      path: '/model/v1/messages',
      headers: { authorization: 'Bearer cca_token' },
    });
    expect(news.some((item) => 'usage' in item)).toBe(false);
  });

  it('leaves the owner’s key alone where the work’s organization does not allow it', async () => {
    const { loop, run, news, claude } = await scene(turns(DONE));
    const assignment = { ...run.assignment, grant: { ...run.assignment.grant, ownModelKey: false } };
    await loop.run({ ...run, assignment });
    expect(claude.calls[0]).toMatchObject({ headers: { authorization: 'Bearer cca_token' } });
    expect(news.some((item) => 'usage' in item)).toBe(false);
  });

  it('goes on from its checkpoint without asking again for what was answered', async () => {
    const { loop, run, tools, claude } = await scene(turns(USE_TOOL, DONE));
    tools.answer = () => Promise.reject(new Error('the worker dies here'));
    const dying = new AbortController();
    tools.answer = async () => {
      dying.abort(new Error('killed'));
      throw new Error('killed');
    };
    await expect(loop.run({ ...run, signal: dying.signal })).rejects.toThrow('killed');
    expect(claude.calls).toHaveLength(1);
    tools.answer = async () => ({ text: 'after the restart', isError: false });
    await loop.run(run);
    expect(claude.calls).toHaveLength(2);
    expect(JSON.stringify(claude.calls[1]?.body.messages)).toContain('after the restart');
  });

  it.each([429, 500, 529])('tries again after status %i, three times at most', async (status) => {
    const failing = { status, errorType: 'overloaded_error' };
    const patient = await scene(turns(failing, failing, failing, DONE));
    await expect(patient.loop.run(patient.run)).resolves.toMatchObject({ summary: expect.stringContaining('Fixed') });
    expect(patient.clock.waits).toHaveLength(3);
    expect(patient.clock.waits[1]).toBeGreaterThan(patient.clock.waits[0] ?? 0);
    const hopeless = await scene(() => failing);
    await expect(hopeless.loop.run(hopeless.run)).rejects.toMatchObject({
      code: 'worker.model_unavailable',
      failureClass: 'transient',
    });
    expect(hopeless.claude.calls).toHaveLength(4);
  });

  it('waits for a control plane that is away, however many tries it takes', async () => {
    const away = { status: 502, errorType: 'api_error' };
    const behindProxy = await scene(turns(away, away, away, away, away, away, DONE));
    await behindProxy.loop.run(behindProxy.run);
    expect(behindProxy.claude.calls).toHaveLength(7);
    const { loop, run, claude, clock } = await scene(turns(DONE));
    const port = Number(new URL(claude.url).port);
    await claude.close();
    const running = loop.run(run);
    await expect.poll(() => clock.waits.length, { timeout: 10_000 }).toBeGreaterThan(5);
    claudes.push(await FakeClaude.start(turns(DONE), port));
    await expect(running).resolves.toMatchObject({ summary: expect.stringContaining('Fixed') });
  });

  it('waits as long as the server asks', async () => {
    const { loop, run, clock } = await scene(
      turns({ status: 429, errorType: 'rate_limit_error', retryAfterSeconds: 7 }, DONE),
    );
    await loop.run(run);
    expect(clock.waits).toEqual([7000]);
  });

  it('repeats a call whose stream broke', async () => {
    const { loop, run, claude } = await scene(turns({ text: 'half an answer', breakAfterEvents: 3 }, DONE));
    await loop.run(run);
    expect(claude.calls.map(({ headers }) => headers['x-coorchat-call-id'])).toEqual(['att_1-1', 'att_1-1']);
  });

  it('stops at the budget without another try', async () => {
    const { loop, run, claude } = await scene(
      turns({ status: 403, errorType: 'budget_exhausted', message: 'The limit of 1.00 USD is spent.' }),
    );
    await expect(loop.run(run)).rejects.toMatchObject({
      code: 'worker.budget_exhausted',
      failureClass: 'budget',
      message: 'The limit of 1.00 USD is spent.',
    });
    expect(claude.calls).toHaveLength(1);
  });

  it('leaves the task to machines with keys of their own when the relay has none', async () => {
    const { loop, run, claude } = await scene(
      turns({ status: 400, errorType: 'model_not_configured', message: 'Set ANTHROPIC_API_KEY.' }),
    );
    await expect(loop.run(run)).rejects.toMatchObject({
      code: 'worker.no_model_key',
      failureClass: 'worker',
      message: 'Set ANTHROPIC_API_KEY.',
    });
    expect(claude.calls).toHaveLength(1);
  });

  it('says in words why the model refused, without the raw answer', async () => {
    const { loop, run } = await scene(
      turns({ status: 400, errorType: 'invalid_request_error', message: 'The prompt is too long.' }),
    );
    await expect(loop.run(run)).rejects.toMatchObject({
      code: 'worker.model_refused',
      message: 'The model call failed: The prompt is too long.',
    });
  });

  it('tells the model of a tool that failed', async () => {
    const { loop, run, tools, claude } = await scene(turns(USE_TOOL, DONE));
    tools.answer = () => Promise.reject(new Error('no such file'));
    await loop.run(run);
    expect(claude.calls[1]?.body.messages.at(-1)?.content).toMatchObject([
      { type: 'tool_result', is_error: true, content: [{ text: 'no such file' }] },
    ]);
  });

  it('fails when the model never finishes', async () => {
    const { loop, run } = await scene(() => USE_TOOL, { maxSteps: 5 });
    await expect(loop.run(run)).rejects.toMatchObject({ code: 'worker.too_many_steps', failureClass: 'task' });
  });

  it('asks the model to go on when its answer was cut off', async () => {
    const { loop, run, claude } = await scene(turns({ text: 'It is', stopReason: 'max_tokens' }, DONE));
    await loop.run(run);
    expect(claude.calls[1]?.body.messages.at(-1)).toMatchObject({ role: 'user' });
  });
});
