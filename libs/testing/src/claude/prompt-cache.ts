import { createHash } from 'node:crypto';
import type { CacheControl, FakeUsage, MessagesRequest, RequestBlock } from './messages-api.types.js';

const CHARACTERS_PER_TOKEN = 4;

interface Segment {
  readonly text: string;
  readonly cache: CacheControl | null;
}

export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function segment(block: { readonly cache_control?: CacheControl | null } | string): Segment {
  if (typeof block === 'string') return { text: block, cache: null };
  const { cache_control: cache, ...rest } = block;
  return { text: JSON.stringify(rest), cache: cache ?? null };
}

/** The prompt in the order in which the API caches it: tools, system, messages. */
function segmentsOf(body: MessagesRequest): Segment[] {
  const system = typeof body.system === 'string' ? [body.system] : (body.system ?? []);
  const messages = body.messages.flatMap<string | RequestBlock>(({ content }) =>
    typeof content === 'string' ? [content] : content,
  );
  return [...(body.tools ?? []), ...system, ...messages].map(segment);
}

/** Counts tokens as the API would, with prefixes that `cache_control` marks kept between calls. */
export class PromptCache {
  readonly #known = new Set<string>();

  count(body: MessagesRequest, outputTokens: number): FakeUsage {
    const hash = createHash('sha256').update(body.model);
    let total = 0;
    let read = 0;
    let marked = 0;
    let ttl: CacheControl['ttl'];
    for (const { text, cache } of segmentsOf(body)) {
      total += tokensOf(text);
      hash.update('\0').update(text);
      if (!cache) continue;
      const key = hash.copy().digest('hex');
      if (this.#known.has(key)) read = total;
      this.#known.add(key);
      marked = total;
      ttl = cache.ttl;
    }
    const written = marked - read;
    return {
      input_tokens: total - marked,
      output_tokens: outputTokens,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
      cache_creation: {
        ephemeral_5m_input_tokens: ttl === '1h' ? 0 : written,
        ephemeral_1h_input_tokens: ttl === '1h' ? written : 0,
      },
    };
  }
}
