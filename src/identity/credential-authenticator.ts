import { WORKER_SCOPES } from '@coorchat/contracts';
import { type TenantContext, tenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { Authenticator, type PresentedCredential } from '../platform/http/index.js';
import { ApiKeys } from './api-keys.service.js';
import { credentialOf } from './bearer.rules.js';
import type { LiveKey } from './key-lookup.service.js';
import { scopesInForce } from './scopes-in-force.rules.js';
import { WorkerCredentials } from './worker-credentials.service.js';

const WORKER_SCOPE_SET: ReadonlySet<string> = new Set(WORKER_SCOPES);

/** API keys and worker credentials; the tenant comes from the credential only. */
@Injectable()
export class CredentialAuthenticator extends Authenticator {
  constructor(
    private readonly keys: ApiKeys,
    private readonly workers: WorkerCredentials,
  ) {
    super();
  }

  override async authenticate({ headers, requestId }: PresentedCredential): Promise<TenantContext | undefined> {
    const secret = credentialOf(headers);
    if (secret === undefined) return undefined;
    const key = await this.keys.find(secret);
    if (key) return keyContext(key, requestId);
    const worker = await this.workers.authenticate(secret);
    if (!worker) return undefined;
    const actor = { kind: 'worker', id: worker.workerId } as const;
    return tenantContext({ orgId: worker.orgId, actor, scopes: WORKER_SCOPE_SET, requestId });
  }
}

function keyContext(key: LiveKey, requestId: string): TenantContext {
  const { orgId, id, userId, role } = key;
  return tenantContext({
    orgId,
    actor: { kind: 'api_key', id },
    scopes: scopesInForce({ scopes: new Set(key.scopes), presence: 'program', ...(role && { role }) }),
    ...(userId !== null && role && { member: { userId, role } }),
    requestId,
    authentication: { method: 'api_key', credentialId: id },
  });
}
