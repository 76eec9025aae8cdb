import Anthropic from '@anthropic-ai/sdk';
import type { Assignment } from '@coorchat/a2a';

/** relay: through the control plane, which meters and stops at the budget. own: the machine owner's key. */
export type ModelAccess =
  { readonly source: 'relay' } | { readonly source: 'own'; readonly apiKey: string; readonly baseUrl?: string };

const TIMEOUT_MS = 10 * 60_000;

/** The owner's key pays only where the work's organization allows it. */
export function grantedAccess(access: ModelAccess, { grant }: Assignment): ModelAccess {
  return grant.ownModelKey ? access : { source: 'relay' };
}

export function modelClient(access: ModelAccess, assignment: Assignment): Anthropic {
  const common = { maxRetries: 0, timeout: TIMEOUT_MS };
  if (access.source === 'own') return new Anthropic({ ...common, apiKey: access.apiKey, baseURL: access.baseUrl });
  return new Anthropic({ ...common, apiKey: assignment.api.token, baseURL: `${assignment.api.url}/model` });
}
