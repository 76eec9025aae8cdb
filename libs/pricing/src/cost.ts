import { type ModelPrice, priceOf } from './price-table.js';

/** Token counts as the Messages API reports them: cache reads and writes are not part of `inputTokens`. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
}

const PER_MILLION = 1_000_000n;
const PERMILLE = 1000n;
const CACHE_WRITE_5M_PERMILLE = 1250n;
const CACHE_WRITE_1H_PERMILLE = 2000n;

interface Rates {
  readonly input: bigint;
  readonly output: bigint;
}

function ratesFor(price: ModelPrice, promptTokens: number): Rates {
  const tier = price.above && promptTokens > price.above.promptTokens ? price.above : price;
  return {
    input: BigInt(Math.round(tier.input)),
    output: BigInt(Math.round(tier.output)),
  };
}

function promptTokensOf(usage: TokenUsage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/**
 * Cost of one model call in micros, rounded up: what was spent is never shown as less.
 * Undefined for a model without a price, which callers refuse before they spend.
 */
export function costMicros(model: string, usage: TokenUsage, at: Date): number | undefined {
  const price = priceOf(model, at);
  if (!price) return undefined;
  const { input, output } = ratesFor(price, promptTokensOf(usage));
  const inputPermille =
    BigInt(usage.inputTokens) * PERMILLE +
    BigInt(usage.cacheReadTokens) * BigInt(price.cacheReadPermille) +
    BigInt(usage.cacheWrite5mTokens) * CACHE_WRITE_5M_PERMILLE +
    BigInt(usage.cacheWrite1hTokens) * CACHE_WRITE_1H_PERMILLE;
  const scaled = inputPermille * input + BigInt(usage.outputTokens) * PERMILLE * output;
  const divisor = PER_MILLION * PERMILLE;
  return Number((scaled + divisor - 1n) / divisor);
}

/** The most that a call can cost: every prompt token written to the dearest cache, every output token used. */
export function worstCaseMicros(model: string, promptTokens: number, maxTokens: number, at: Date): number | undefined {
  return costMicros(
    model,
    {
      inputTokens: 0,
      outputTokens: maxTokens,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: promptTokens,
    },
    at,
  );
}

/** The largest `maxTokens` with which a call surely stays within `budgetMicros`; 0 when not even its prompt does. */
export function affordableOutputTokens(model: string, promptTokens: number, budgetMicros: number, at: Date): number {
  const price = priceOf(model, at);
  const promptMicros = worstCaseMicros(model, promptTokens, 0, at);
  if (!price || promptMicros === undefined) return 0;
  const perMillion = Number(ratesFor(price, promptTokens).output);
  return Math.max(0, Math.floor(((budgetMicros - promptMicros - 1) * 1_000_000) / perMillion));
}
