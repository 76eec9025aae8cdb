/** Prices in micros (millionths of a US dollar) per million tokens: 4 USD per million tokens is 4_000_000. */
export interface ModelPrice {
  /** Model id, or the start of a dated id (`claude-haiku-4-5-20251001`). */
  readonly model: string;
  /** UTC day from which the price holds. */
  readonly from: string;
  readonly input: number;
  readonly output: number;
  /** Share of the input price that a cache read costs, in thousandths. */
  readonly cacheReadPermille: number;
  /** Prices of prompts above this many tokens, where they differ. */
  readonly above?: {
    readonly promptTokens: number;
    readonly input: number;
    readonly output: number;
  };
}

const USD = 1_000_000;

/** Newest first per model. A model whose price changes gets a second line; old costs keep theirs. */
export const PRICES: readonly ModelPrice[] = [
  {
    model: 'claude-opus-5-5',
    from: '2026-09-01',
    input: 4 * USD,
    output: 20 * USD,
    cacheReadPermille: 50,
  },
  {
    model: 'claude-sonnet-5-5',
    from: '2026-09-01',
    input: 2 * USD,
    output: 10 * USD,
    cacheReadPermille: 50,
  },
  {
    model: 'claude-haiku-5-5',
    from: '2026-09-01',
    input: 0.1 * USD,
    output: 0.5 * USD,
    cacheReadPermille: 50,
    above: { promptTokens: 100_000, input: 0.5 * USD, output: 2.5 * USD },
  },
  {
    model: 'claude-opus-5',
    from: '2026-01-01',
    input: 5 * USD,
    output: 25 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-opus-4-8',
    from: '2026-01-01',
    input: 5 * USD,
    output: 25 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-opus-4-7',
    from: '2026-01-01',
    input: 5 * USD,
    output: 25 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-opus-4-6',
    from: '2026-01-01',
    input: 5 * USD,
    output: 25 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-opus-4-5',
    from: '2025-11-01',
    input: 5 * USD,
    output: 25 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-sonnet-4-6',
    from: '2026-01-01',
    input: 3 * USD,
    output: 15 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-sonnet-4-5',
    from: '2025-09-01',
    input: 3 * USD,
    output: 15 * USD,
    cacheReadPermille: 100,
  },
  {
    model: 'claude-haiku-4-5',
    from: '2025-10-01',
    input: 1 * USD,
    output: 5 * USD,
    cacheReadPermille: 100,
  },
];

/** The price of `model` at an instant; undefined for a model that the table does not know. */
export function priceOf(model: string, at: Date): ModelPrice | undefined {
  const day = at.toISOString().slice(0, 10);
  const matches = PRICES.filter((price) => isSameModel(model, price.model) && price.from <= day);
  return matches.sort((a, b) => b.from.localeCompare(a.from))[0];
}

/** `claude-opus-5` names `claude-opus-5-20260115` but not `claude-opus-5-5`. */
function isSameModel(model: string, priced: string): boolean {
  return model === priced || (model.startsWith(`${priced}-`) && /^\d{8}$/.test(model.slice(priced.length + 1)));
}
