import type Anthropic from '@anthropic-ai/sdk';
import { backoffDelayMs, type BackoffPolicy, type Clock } from '@coorchat/kernel';
import { isOutage, isRetryable, modelFailure, retryAfterMs } from './model-failure.js';

export interface ModelCall {
  readonly client: Anthropic;
  readonly callId: string;
  readonly params: Anthropic.MessageCreateParamsNonStreaming;
  readonly onText: (text: string) => void;
  readonly onRetry: (retry: number, delayMs: number) => void;
  readonly signal: AbortSignal;
}

const CALL_ID_HEADER = 'x-coorchat-call-id';

const MAX_RETRIES = 3;
/** A control plane that restarts, or a network that is away, fails no task: its lease decides, or its deadline. */
const MAX_AWAY_MS = 15 * 60_000;
const AWAY_MS = 5_000;
const BACKOFF: BackoffPolicy = { baseMs: 1000, maxMs: 30_000, factor: 2, jitter: 0.2 };

async function streamOnce({ client, callId, params, onText, signal }: ModelCall): Promise<Anthropic.Message> {
  const stream = client.messages.stream(params, { signal, headers: { [CALL_ID_HEADER]: callId } });
  stream.on('text', onText);
  return stream.finalMessage();
}

/**
 * Streams one answer. Tries three more times when the fault may pass, and longer while nobody can be reached; throws
 * `AttemptFailure` in the end.
 */
export async function callModel(call: ModelCall, clock: Clock): Promise<Anthropic.Message> {
  const begun = clock.now().getTime();
  for (let retry = 1, faults = 0; ; retry++) {
    try {
      return await streamOnce(call);
    } catch (error) {
      call.signal.throwIfAborted();
      const isAway = isOutage(error) && clock.now().getTime() - begun < MAX_AWAY_MS;
      if (!isAway) faults++;
      if (faults > MAX_RETRIES || !isRetryable(error)) throw modelFailure(error);
      const delayMs = retryAfterMs(error) ?? Math.min(backoffDelayMs(BACKOFF, retry), isAway ? AWAY_MS : BACKOFF.maxMs);
      call.onRetry(retry, delayMs);
      await clock.sleep(Math.min(delayMs, BACKOFF.maxMs), call.signal);
    }
  }
}
