import type Anthropic from '@anthropic-ai/sdk';
import { APIError } from '@anthropic-ai/sdk/core/error';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import type { Usage } from '@coorchat/contracts';
import { AppError, backoffDelayMs, type BackoffPolicy, messageOf, systemClock } from '@coorchat/kernel';
import { atMostTokens } from '@coorchat/pricing';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { draftedPlanSchema } from './drafted-plan.schema.js';
import { PLANNING_SYSTEM } from './planning-prompt.js';

export interface PlannerAsk {
  readonly messages: Anthropic.MessageParam[];
  readonly maxTokens: number;
  /** An answer broke off and is asked for again: what it cost at most. Says how long the next one may be. */
  readonly onBroken: (usage: Usage) => Promise<{ readonly maxTokens: number }>;
}

export interface PlannerAnswer {
  readonly text: string;
  readonly model: string;
  readonly usage: Usage;
}

const BACKOFF: BackoffPolicy = { baseMs: 1000, maxMs: 20_000, factor: 2, jitter: 0.2 };
const MAX_RETRIES = 3;
const TIMEOUT_MS = 5 * 60_000;
const { type, schema } = zodOutputFormat(draftedPlanSchema);
/** Without the SDK's parser: an answer of another form is paid for, too, and is shown to the model to be mended. */
const FORMAT = { type, schema };

function mayPass(error: unknown): boolean {
  if (!(error instanceof APIError) || error.status === undefined) return true;
  return error.status === 429 || error.status === 408 || error.status >= 500;
}

function usageOf(usage: Anthropic.Usage): Usage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWrite5mTokens: usage.cache_creation?.ephemeral_5m_input_tokens ?? usage.cache_creation_input_tokens ?? 0,
    cacheWrite1hTokens: usage.cache_creation?.ephemeral_1h_input_tokens ?? 0,
  };
}

/** What was written before the answer broke off, counted rather too high than too low. */
function usageOfPart({ usage, content }: Anthropic.Message, maxTokens: number): Usage {
  const counted = usageOf(usage);
  const written = content.reduce((sum, block) => sum + (block.type === 'text' ? atMostTokens(block.text) : 0), 0);
  return { ...counted, outputTokens: Math.max(counted.outputTokens, Math.min(maxTokens, written)) };
}

/** The answer started, so that it was charged, and did not come to its end. */
class BrokenAnswer extends Error {
  constructor(
    readonly usage: Usage,
    override readonly cause: unknown,
  ) {
    super(messageOf(cause));
  }
}

/** Asks Claude for a plan as structured output. */
@Injectable()
export class PlannerModel {
  constructor(private readonly config: AppConfig) {}

  get model(): string {
    return this.config.model.plannerModel;
  }

  /** Characters of the whole prompt, the instructions and the form of the answer included. */
  promptChars(messages: readonly Anthropic.MessageParam[]): number {
    return JSON.stringify([PLANNING_SYSTEM, FORMAT, messages]).length;
  }

  /** @throws AppError `planner.not_configured`, `planner.model_failed`, and what `onBroken` throws */
  async ask({ messages, maxTokens, onBroken }: PlannerAsk): Promise<PlannerAnswer> {
    const client = await this.#client();
    let affordable = maxTokens;
    for (let retry = 1; ; retry++) {
      try {
        return await this.#stream(client, messages, affordable);
      } catch (error) {
        const cause = error instanceof BrokenAnswer ? error.cause : error;
        if (error instanceof BrokenAnswer) affordable = (await onBroken(error.usage)).maxTokens;
        if (retry > MAX_RETRIES || !mayPass(cause)) throw failed(cause);
        await systemClock.sleep(backoffDelayMs(BACKOFF, retry));
      }
    }
  }

  async #client(): Promise<Anthropic> {
    const { apiKey, baseUrl } = this.config.model;
    if (!apiKey) throw notConfigured();
    // Loaded when it is needed: many control planes get their plans from users, and the SDK is large.
    const { Anthropic } = await import('@anthropic-ai/sdk');
    return new Anthropic({ apiKey, baseURL: baseUrl, maxRetries: 0, timeout: TIMEOUT_MS });
  }

  async #stream(client: Anthropic, messages: Anthropic.MessageParam[], maxTokens: number): Promise<PlannerAnswer> {
    const stream = client.messages.stream({
      model: this.model,
      max_tokens: maxTokens,
      system: [{ type: 'text', text: PLANNING_SYSTEM, cache_control: { type: 'ephemeral' } }],
      messages,
      output_config: { format: FORMAT },
    });
    let part: Anthropic.Message | undefined = undefined;
    stream.on('streamEvent', (_event, snapshot) => (part = snapshot));
    const message = await whole(stream.finalMessage()).catch((error: unknown) => {
      throw part ? new BrokenAnswer(usageOfPart(part, maxTokens), error) : error;
    });
    const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
    return { text, model: message.model, usage: usageOf(message.usage) };
  }
}

/** The SDK takes a stream that ends early for an answer. */
async function whole(answer: Promise<Anthropic.Message>): Promise<Anthropic.Message> {
  const message = await answer;
  if (message.stop_reason === null) throw new Error('the answer broke off');
  return message;
}

function notConfigured(): AppError {
  return new AppError({
    code: 'planner.not_configured',
    kind: 'precondition',
    message: 'No model key is set, so nobody can plan. Set ANTHROPIC_API_KEY, or submit the work with a plan.',
  });
}

function failed(error: unknown): AppError {
  // The SDK's own message is the status and the raw answer; people read the sentence in it.
  const said = (error instanceof APIError && error.apiMessage) || messageOf(error);
  return new AppError({
    code: 'planner.model_failed',
    kind: 'unavailable',
    message: `The planner's model did not answer: ${said}`,
    cause: error,
  });
}
