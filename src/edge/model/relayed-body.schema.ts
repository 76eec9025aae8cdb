import { z } from 'zod';

/** A tool of the worker's own. Tools that run at the model's provider have a `type` and are outside the grant. */
const ownTool = z.looseObject({ name: z.string().max(200), type: z.literal('custom').optional() });

/**
 * What an attempt may ask of the Messages API: a closed list, because other fields reach the network
 * (server tools, MCP servers) or cost more than is metered here (service tiers, containers).
 */
export const relayedBodySchema = z.strictObject({
  model: z.string().max(100),
  max_tokens: z.number().int().positive(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']) })).min(1),
  system: z.union([z.string(), z.array(z.looseObject({ type: z.literal('text') }))]).optional(),
  tools: z.array(ownTool).max(500).optional(),
  tool_choice: z.looseObject({}).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_k: z.number().optional(),
  stop_sequences: z.array(z.string()).optional(),
  thinking: z.looseObject({}).optional(),
  output_config: z.looseObject({}).optional(),
});
export type RelayedBody = z.infer<typeof relayedBodySchema>;
