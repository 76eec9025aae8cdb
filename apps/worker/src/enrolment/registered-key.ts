import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { CredentialFile, type StoredRegistration } from './credential-file.js';
import { refuseForeign } from './enrolment.js';
import { WorkerTokens } from './worker-tokens.js';
import type { WorkerKey } from './worker-key.js';

export interface RegisteredKeyOptions {
  readonly url: string;
  readonly name: string;
  readonly dataDir: string;
  readonly key: WorkerKey;
  /** Which the administrator got who registered the key. */
  readonly clientId: string;
}

const claimsSchema = z.object({ sub: z.string().startsWith('wrk_'), org_id: z.string() });

/**
 * For a key that an administrator registered: who the worker is, stands in its first access token.
 * @throws AppError `worker.key_not_registered`, or why no token came
 */
export async function adoptRegistration(options: RegisteredKeyOptions): Promise<StoredRegistration> {
  const { url, name, dataDir, key, clientId } = options;
  const file = new CredentialFile(dataDir);
  const stored = await file.read();
  if (stored) refuseForeign(stored, url, file.path);
  if (stored?.clientId === clientId) return { ...stored, url };
  const tokens = new WorkerTokens({ url, clientId, key, revoked: () => notRegistered(clientId) });
  const { token } = await tokens.show('GET', '/');
  const claims = claimsSchema.safeParse(payloadOf(token));
  if (!claims.success) throw notRegistered(clientId);
  const { sub: workerId, org_id: orgId } = claims.data;
  const registration: StoredRegistration = { version: 2, url, name, workerId, orgId, clientId };
  await file.write(registration);
  return registration;
}

/** Our own token, fresh from the authorization server: what it says is read, and verified by nobody but the server. */
function payloadOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || 'null');
}

function notRegistered(clientId: string): AppError {
  const message = `The control plane does not know the key of this machine as ${clientId}. Register the output of "coorchat-worker key" (POST /v1/workers), and start with the clientId of the answer.`;
  return new AppError({ code: 'worker.key_not_registered', kind: 'unauthenticated', message });
}
