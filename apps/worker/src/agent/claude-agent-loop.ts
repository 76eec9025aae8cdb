import type Anthropic from '@anthropic-ai/sdk';
import type { Clock } from '@coorchat/kernel';
import { AgentLoop, type AgentOutcome, type AgentRun } from '../attempt/agent-loop.port.js';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import {
  type Conversation,
  lastText,
  newConversation,
  openToolUses,
  restoreConversation,
  withAnswer,
  withUserBlocks,
} from './conversation.js';
import { grantedAccess, type ModelAccess, modelClient } from './model-access.js';
import { callModel } from './model-caller.js';
import { openingPrompt, systemPrompt } from './prompt.js';
import { cachedMessages, cachedSystem, cachedTools } from './prompt-cache.js';
import { runToolTurn } from './tool-turn.js';
import { type Redact, uploadTranscript } from './transcript.js';
import { usageOf } from './usage.js';

export interface ClaudeAgentLoopOptions {
  readonly access: ModelAccess;
  /** Used when the assignment names no model. */
  readonly defaultModel: string;
  readonly clock: Clock;
  readonly redact: Redact;
  /** Where a transcript lies while it is uploaded. */
  readonly scratchDir: string;
  readonly maxSteps?: number;
  readonly maxOutputTokens?: number;
}

interface Session {
  readonly run: AgentRun;
  readonly access: ModelAccess;
  readonly client: Anthropic;
  readonly model: string;
  readonly tools: Anthropic.Tool[];
}

const DEFAULT_MAX_STEPS = 200;
const DEFAULT_MAX_OUTPUT_TOKENS = 16_000;
const GO_ON: Anthropic.TextBlockParam = { type: 'text', text: 'Go on where you stopped.' };

/**
 * Works on a task with Claude: answer, tools, answer, until one comes without tool calls. The
 * conversation is kept after each answer and after each turn of tools, so that a restarted worker
 * neither pays an answer twice nor forgets what its tools said.
 */
export class ClaudeAgentLoop extends AgentLoop {
  readonly #options: ClaudeAgentLoopOptions;

  constructor(options: ClaudeAgentLoopOptions) {
    super();
    this.#options = options;
  }

  async run(run: AgentRun): Promise<AgentOutcome> {
    const session = await this.#open(run);
    let conversation =
      restoreConversation(await run.checkpoints.load()) ?? newConversation(openingPrompt(run.assignment));
    const maxSteps = this.#options.maxSteps ?? DEFAULT_MAX_STEPS;
    while (conversation.calls < maxSteps) {
      run.signal.throwIfAborted();
      const next = await this.#step(session, conversation);
      await run.checkpoints.save(next.conversation);
      conversation = next.conversation;
      if (next.finished) return this.#finish(run, conversation);
    }
    throw new AttemptFailure({
      class: 'task',
      code: 'worker.too_many_steps',
      message: `The model did not finish within ${maxSteps} steps. Split the task into smaller ones.`,
    });
  }

  async #open(run: AgentRun): Promise<Session> {
    const model = run.assignment.model ?? this.#options.defaultModel;
    const access = grantedAccess(this.#options.access, run.assignment);
    const client = modelClient(access, run.assignment);
    return { run, access, client, model, tools: cachedTools(await run.tools.list()) };
  }

  async #step(
    session: Session,
    conversation: Conversation,
  ): Promise<{ conversation: Conversation; finished: boolean }> {
    const uses = openToolUses(conversation);
    if (uses.length > 0) {
      const { tools, emit, signal } = session.run;
      const results = await runToolTurn({ uses, tools, emit, signal });
      return { conversation: withUserBlocks(conversation, results), finished: false };
    }
    if (conversation.messages.at(-1)?.role === 'assistant') return { conversation, finished: true };
    return this.#ask(session, conversation);
  }

  async #ask(session: Session, conversation: Conversation): Promise<{ conversation: Conversation; finished: boolean }> {
    await session.run.untilWanted();
    const message = await this.#call(session, conversation);
    const answered = withAnswer(conversation, message.content);
    switch (message.stop_reason) {
      case 'refusal':
        throw new AttemptFailure({
          class: 'task',
          code: 'worker.model_declined',
          message: 'The model declined to do this task.',
        });
      case 'model_context_window_exceeded':
        throw new AttemptFailure({
          class: 'task',
          code: 'worker.context_exceeded',
          message: 'The task outgrew the model’s context window. Split it into smaller ones.',
        });
      case 'max_tokens':
      case 'pause_turn':
        return {
          conversation: openToolUses(answered).length > 0 ? answered : withUserBlocks(answered, [GO_ON]),
          finished: false,
        };
      default:
        return { conversation: answered, finished: openToolUses(answered).length === 0 };
    }
  }

  async #call({ run, access, client, model, tools }: Session, conversation: Conversation): Promise<Anthropic.Message> {
    const callId = `${run.assignment.attemptId}-${conversation.calls + 1}`;
    const message = await callModel(
      {
        client,
        callId,
        params: {
          model,
          max_tokens: this.#options.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
          system: cachedSystem(systemPrompt()),
          tools,
          messages: cachedMessages(conversation.messages),
        },
        onText: () => undefined,
        onRetry: (retry, delayMs) =>
          run.emit({
            progress: {
              kind: 'step',
              text: `The model did not answer; try ${retry + 1} in ${Math.round(delayMs / 1000)} s`,
            },
          }),
        signal: run.signal,
      },
      this.#options.clock,
    );
    this.#report({ run, access }, callId, message);
    return message;
  }

  #report({ run, access }: Pick<Session, 'run' | 'access'>, callId: string, message: Anthropic.Message): void {
    const text = message.content
      .flatMap((block) => (block.type === 'text' ? [block.text] : []))
      .join('\n')
      .trim();
    if (text !== '') run.emit({ progress: { kind: 'text', text } });
    const usage = usageOf(message.usage);
    const inputTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
    run.emit({ progress: { kind: 'tokens', inputTokens, outputTokens: usage.outputTokens } });
    if (access.source === 'own') run.emit({ usage: { callId, model: message.model, usage } });
  }

  async #finish(run: AgentRun, conversation: Conversation): Promise<AgentOutcome> {
    const { scratchDir, redact } = this.#options;
    const transcript = await uploadTranscript(run, conversation, scratchDir, redact);
    return { summary: lastText(conversation).trim() || 'The model gave no summary.', transcript };
  }
}
