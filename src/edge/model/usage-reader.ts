import type { Usage } from '@coorchat/contracts';
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
const deltaSchema = z.object({ type: z.literal('message_delta'), usage: usageSchema });

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
export function usageOfMessage(text: string): { readonly model: string; readonly usage: Usage } | undefined {
  const parsed = messageSchema.safeParse(parseJson(text));
  return parsed.success ? { model: parsed.data.model, usage: usageOf(parsed.data.usage) } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const DATA = 'data:';

/** Listens to a streamed answer as it passes and keeps the API's own usage numbers. */
export class StreamUsageReader {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #api: ApiUsage = {};
  #model: string | undefined;
  #complete = false;

  read(chunk: Uint8Array): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith(DATA)) this.#event(line.slice(DATA.length));
  }

  /** Undefined when the answer never started, so that nothing was charged. */
  get usage(): { readonly model: string; readonly usage: Usage } | undefined {
    return this.#model === undefined ? undefined : { model: this.#model, usage: usageOf(this.#api) };
  }

  /** Whether the answer came to its end. */
  get isComplete(): boolean {
    return this.#complete;
  }

  #event(text: string): void {
    // Most events are text on its way: only those that can carry usage are worth parsing.
    if (text.includes('"message_stop"')) this.#complete = true;
    if (!text.includes('"usage"')) return;
    const value = parseJson(text);
    const start = startSchema.safeParse(value);
    if (start.success) {
      this.#model = start.data.message.model;
      this.#api = start.data.message.usage;
      return;
    }
    const delta = deltaSchema.safeParse(value);
    if (delta.success) this.#api = { ...this.#api, ...withoutAbsent(delta.data.usage) };
  }
}

function withoutAbsent(usage: ApiUsage): Partial<ApiUsage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null && value !== undefined));
}
