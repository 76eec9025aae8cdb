import type Anthropic from '@anthropic-ai/sdk';
import type { Usage } from '@coorchat/contracts';

/** Token counts of one answer; cache writes without a lifetime count as the short one. */
export function usageOf(usage: Anthropic.Usage): Usage {
  const written = usage.cache_creation_input_tokens ?? 0;
  const oneHour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWrite5mTokens: usage.cache_creation?.ephemeral_5m_input_tokens ?? written - oneHour,
    cacheWrite1hTokens: oneHour,
  };
}
