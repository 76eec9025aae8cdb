import { PERMISSIONS, WORKER_SCOPES } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../../platform/db/index.js';
import { ownedBy } from '../../platform/http/index.js';
import { Revocations } from '../../platform/revocation/index.js';
import { Memberships } from '../../tenancy/index.js';
import { AccessTokens, looksLikeToken } from '../access/access-tokens.service.js';
import { tokenOwner } from '../access/token-context.rules.js';
import { identityErrors } from '../identity.errors.js';
import { WORKER_CLIENT_ID } from '../oidc/client-metadata.rules.js';
import { OauthClients } from '../oidc/oauth-clients.service.js';
import { OauthGrantStore } from '../oidc/oauth-grant.store.js';
import { type ProvenKey, provenKey } from './enrolment-proof.rules.js';

export interface NewWorkerIdentity {
  readonly workerId: string;
  readonly name: string;
  readonly key: ProvenKey;
  /** Skill ids; `*` is every skill. */
  readonly skills: readonly string[];
  readonly createdBy: string | null;
}

/** A machine that somebody let in by browser. */
export interface ApprovedMachine {
  readonly orgId: string;
  readonly approvedBy: string;
  readonly grantId: string;
  readonly skills: readonly string[];
}

const UNKNOWN_MACHINE = { kind: 'worker', id: 'unknown' } as const;
const EVERY_SKILL = '*';
const SKILL = 'skill:';

function scopesFor(skills: readonly string[]): string[] {
  return [...WORKER_SCOPES, ...skills.map((skill) => `skill:${skill}`)];
}

/** Who a worker is: an OAuth client whose only credential is a key pair that never leaves its machine. */
@Injectable()
export class WorkerIdentities {
  constructor(
    private readonly clients: OauthClients,
    private readonly revocations: Revocations,
    private readonly tokens: AccessTokens,
    private readonly grants: OauthGrantStore,
    private readonly memberships: Memberships,
  ) {}

  /** The key that the machine has shown to hold. @throws AppError `identity.bad_key_proof` */
  async prove(orgId: string, proof: string, token: string): Promise<ProvenKey> {
    const key = await provenKey(proof, token);
    if (key === undefined) throw ownedBy(identityErrors.badKeyProof(), { orgId, actor: UNKNOWN_MACHINE });
    return key;
  }

  /**
   * Undefined for what is no access token. Without skills in it, the machine gets them all, as by an enrolment token.
   * @throws AppError `identity.enrolment_refused`
   */
  async approved(token: string): Promise<ApprovedMachine | undefined> {
    if (!looksLikeToken(token)) return undefined;
    const checked = await this.tokens.verify(token);
    if ('challenge' in checked) {
      throw ownedBy(identityErrors.enrolmentRefused(), checked.signed && tokenOwner(checked.signed));
    }
    const { clientId, scopes, orgId, subject, grantId } = checked.claims;
    const isApproval = clientId === WORKER_CLIENT_ID && scopes.has('worker:register');
    if (!isApproval || grantId === undefined || !(await this.mayStillLetIn(orgId, subject))) {
      throw ownedBy(identityErrors.enrolmentRefused(), tokenOwner(checked.claims));
    }
    const named = [...scopes].filter((scope) => scope.startsWith(SKILL)).map((scope) => scope.slice(SKILL.length));
    return { orgId, approvedBy: subject, grantId, skills: named.length > 0 ? named : [EVERY_SKILL] };
  }

  /**
   * An approval lets one machine in, however many come with it at the same time.
   * @returns the cluster that the person chose. @throws AppError `identity.enrolment_refused`
   */
  async useUp(tx: TenantTx, { grantId, orgId, approvedBy }: ApprovedMachine): Promise<{ clusterId: string | null }> {
    const grant = await this.grants.useUp(tx, grantId);
    if (grant === undefined) {
      throw ownedBy(identityErrors.enrolmentRefused(), { orgId, actor: { kind: 'user', id: approvedBy } });
    }
    await this.revocations.publish(tx, { kind: 'grant', id: grantId });
    return grant;
  }

  private async mayStillLetIn(orgId: string, userId: string): Promise<boolean> {
    const role = await this.memberships.roleOf(orgId, userId);
    return PERMISSIONS['cluster:admin'].roles.some((each) => each === role);
  }

  /** @returns the `client_id`. @throws AppError `identity.bad_client_key` */
  register(tx: TenantTx, { workerId, name, key, skills, createdBy }: NewWorkerIdentity): Promise<string> {
    return this.clients.createForWorker(tx, { workerId, name, jwk: key, scopes: scopesFor(skills), createdBy });
  }

  /** Its tokens end; the next ones carry these skills. */
  grantSkills(tx: TenantTx, workerId: string, skills: readonly string[]): Promise<void> {
    return this.clients.setWorkerScopes(tx, workerId, scopesFor(skills));
  }

  /** Key, tokens and sockets of the worker are void in every process within seconds. */
  async end(tx: TenantTx, workerId: string): Promise<void> {
    await this.clients.revokeOfWorker(tx, workerId);
    await this.revocations.publish(tx, { kind: 'worker', id: workerId });
  }
}
