import type { EnrolledWorker } from '@coorchat/contracts';
import { AppError } from '@coorchat/kernel';
import { WorkerKey } from '../../apps/worker/src/enrolment/worker-key.js';
import { WorkerTokens } from '../../apps/worker/src/enrolment/worker-tokens.js';

/** What a machine sends to enrol, with a key of its own unless it is given one. */
export async function enrolment(token: string, name: string, key = WorkerKey.generate()) {
  return { token, name, proof: await key.enrolmentProof(token) };
}

/** Access tokens of an enrolled worker, as its process would get them. */
export function tokensOf(url: string, { clientId }: Pick<EnrolledWorker, 'clientId'>, key: WorkerKey): WorkerTokens {
  const revoked = () => new AppError({ code: 'test.revoked', kind: 'unauthenticated', message: 'revoked' });
  return new WorkerTokens({ url, clientId, key, revoked });
}
