import { z } from 'zod';
import { urlOf, variable } from './variable.schema.js';

const modelId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*$/, 'is no model id')
  .optional();

export const modelVariables = {
  ANTHROPIC_API_KEY: variable(z.string().min(1).optional(), { form: 'an API key', secret: true }),
  ANTHROPIC_BASE_URL: urlOf(['http', 'https'], 'https://api.anthropic.com').optional(),
  COORCHAT_DEFAULT_MODEL: variable(modelId, { form: 'a model id such as claude-opus-5-5' }),
  COORCHAT_PLANNER_MODEL: variable(modelId, { form: 'a model id such as claude-opus-5-5' }),
};

export interface ModelConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl: string;
  readonly defaultModel: string;
  readonly plannerModel: string;
}
