import type { Usage } from '@coorchat/contracts';
import { atMostTokens, atMostTokensOfBytes } from '@coorchat/pricing';
import { z } from 'zod';

const count = z.number().int().nonnegative().nullish();

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }).nullish(),
});
type ApiUsage = z.infer<typeof usageSchema>;

const messageSchema = z.object({ model: z.string(), usage: usageSchema });
const startSchema = z.object({ type: z.literal('message_start'), message: messageSchema });
const deltaSchema = z.object({
  type: z.literal('message_delta'),
  delta: z.object({ stop_reason: z.string().nullish() }).optional(),
  usage: usageSchema,
});
const contentSchema = z.object({
  delta: z.record(z.string(), z.unknown()).optional(),
  content_block: z.record(z.string(), z.unknown()).optional(),
});

export interface CountedUsage {
  readonly model: string;
  readonly usage: Usage;
  /** The API did not get to say how much it wrote: what was seen of it is counted instead. */
  readonly estimated: boolean;
}

function usageOf(api: ApiUsage): Usage {
  const oneHour = api.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  const written = api.cache_creation_input_tokens ?? 0;
  return {
    inputTokens: api.input_tokens ?? 0,
    outputTokens: api.output_tokens ?? 0,
    cacheReadTokens: api.cache_read_input_tokens ?? 0,
    cacheWrite5mTokens: api.cache_creation?.ephemeral_5m_input_tokens ?? written - oneHour,
    cacheWrite1hTokens: oneHour,
  };
}

/** The API's own usage numbers of one answer: undefined when it is no message. */
export function usageOfMessage(text: string): CountedUsage | undefined {
  const parsed = messageSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  return { model: parsed.data.model, usage: usageOf(parsed.data.usage), estimated: false };
}

/** Of a whole answer that was charged and then lost on its way: never less than what it cost. */
export function usageOfBrokenMessage(lost: {
  readonly model: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly answerBytes: number | undefined;
}): CountedUsage {
  const { model, prompt, maxTokens, answerBytes } = lost;
  const written = answerBytes === undefined ? maxTokens : atMostTokensOfBytes(answerBytes);
  const usage = usageOf({ input_tokens: atMostTokens(prompt), output_tokens: Math.min(written, maxTokens) });
  return { model, usage, estimated: true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const DATA = 'data:';

/** What the model wrote into a piece of content: text, thinking, arguments of a tool. */
function writtenIn({ delta, content_block: block }: z.infer<typeof contentSchema>): string[] {
  return Object.entries({ ...block, ...delta }).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'type' && name !== 'id' ? [value] : [],
  );
}

/**
 * Listens to a streamed answer as it passes and keeps the API's own usage numbers. Of an answer that
 * breaks off it counts what was written since the API said a number, rather more than less.
 */
export class StreamUsageReader {
  readonly #decoder = new TextDecoder();
  readonly #maxTokens: number;
  #rest = '';
  #api: ApiUsage = {};
  #model: string | undefined;
  #complete = false;
  /** Upper bound of the tokens since the last number of the API. */
  #uncounted = 0;

  /** @param maxTokens of the call: no answer is longer */
  constructor({ maxTokens }: { readonly maxTokens: number }) {
    this.#maxTokens = maxTokens;
  }

  read(chunk: Uint8Array): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith(DATA)) this.#event(line.slice(DATA.length));
  }

  /** Undefined when the answer never started, so that nothing was charged. */
  get usage(): CountedUsage | undefined {
    if (this.#model === undefined) return undefined;
    const usage = usageOf(this.#api);
    if (this.#complete) return { model: this.#model, usage, estimated: false };
    const seen = Math.min(usage.outputTokens + this.#uncounted, this.#maxTokens);
    const outputTokens = Math.max(usage.outputTokens, seen);
    return { model: this.#model, usage: { ...usage, outputTokens }, estimated: true };
  }

  #event(text: string): void {
    if (text.includes('"message_stop"')) this.#complete = true;
    const value = parseJson(text);
    if (text.includes('"usage"') && this.#numbers(value)) return;
    const content = contentSchema.safeParse(value);
    if (content.success) for (const written of writtenIn(content.data)) this.#uncounted += atMostTokens(written);
  }

  #numbers(value: unknown): boolean {
    const start = startSchema.safeParse(value);
    if (start.success) {
      this.#model = start.data.message.model;
      this.#api = start.data.message.usage;
      return true;
    }
    const delta = deltaSchema.safeParse(value);
    if (!delta.success) return false;
    this.#api = { ...this.#api, ...withoutAbsent(delta.data.usage) };
    this.#uncounted = 0;
    if (delta.data.delta?.stop_reason) this.#complete = true;
    return true;
  }
}

function withoutAbsent(usage: ApiUsage): Partial<ApiUsage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null && value !== undefined));
}
