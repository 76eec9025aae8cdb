import { AgentCard } from '@a2a-js/sdk';
import { AppError, isAppError, messageOf } from '@coorchat/kernel';
import { revoked } from '../enrolment/enrolment.js';
import type { WorkerTokens } from '../enrolment/worker-tokens.js';

export interface EndpointRegistration {
  readonly tokens: WorkerTokens;
  readonly dataDir: string;
  readonly endpoint: { readonly url: string; readonly token: string; readonly card: AgentCard };
  readonly signal: AbortSignal;
}

/** Tells the control plane where this worker listens. @throws AppError, of kind `unavailable` when a later try may help */
export async function registerEndpoint(registration: EndpointRegistration): Promise<void> {
  const { tokens, dataDir, endpoint, signal } = registration;
  const body = { ...endpoint, card: AgentCard.toJSON(endpoint.card) };
  const answer = await tokens.post('/v1/workers/self/endpoint', body, signal).catch((error: unknown) => {
    throw isAppError(error) ? error : fault('unavailable', `The control plane cannot be reached: ${messageOf(error)}`);
  });
  const { status } = answer;
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) throw revoked(dataDir);
  const said = JSON.stringify(answer.body ?? '').slice(0, 500);
  const kind = status >= 500 ? 'unavailable' : 'invalid';
  throw fault(kind, `The control plane did not register ${endpoint.url} (${status}): ${said}`);
}

function fault(kind: 'unavailable' | 'invalid', message: string): AppError {
  return new AppError({ code: 'worker.endpoint_not_registered', kind, message });
}
