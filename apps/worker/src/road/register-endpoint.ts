import { AgentCard } from '@a2a-js/sdk';
import { AppError, messageOf } from '@coorchat/kernel';
import { revoked } from '../enrolment/enrolment.js';

export interface EndpointRegistration {
  readonly controlPlaneUrl: string;
  readonly credential: string;
  readonly dataDir: string;
  readonly endpoint: { readonly url: string; readonly token: string; readonly card: AgentCard };
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;

/** Tells the control plane where this worker listens. @throws AppError, of kind `unavailable` when a later try may help */
export async function registerEndpoint(registration: EndpointRegistration): Promise<void> {
  const { controlPlaneUrl, credential, dataDir, endpoint, signal } = registration;
  const response = await fetch(`${controlPlaneUrl}/v1/workers/self/endpoint`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    body: JSON.stringify({ ...endpoint, card: AgentCard.toJSON(endpoint.card) }),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((error: unknown) => {
    throw fault('unavailable', `The control plane cannot be reached: ${messageOf(error)}`);
  });
  if (response.ok) return;
  if (response.status === 401 || response.status === 403) throw revoked(dataDir);
  const said = (await response.text().catch(() => '')).slice(0, 500);
  const kind = response.status >= 500 ? 'unavailable' : 'invalid';
  throw fault(kind, `The control plane did not register ${endpoint.url} (${response.status}): ${said}`);
}

function fault(kind: 'unavailable' | 'invalid', message: string): AppError {
  return new AppError({ code: 'worker.endpoint_not_registered', kind, message });
}
