import type { EnrolledWorker, EnrolWorker, RegisterWorker } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { EnrolmentTokens, type NewWorkerIdentity, WorkerIdentities } from '../identity/index.js';
import { isUniqueViolation, type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { type Attribution, attributionOf, Outbox } from '../platform/outbox/index.js';
import { Clusters, Quotas } from '../tenancy/index.js';
import { registryErrors } from './registry.errors.js';
import { WorkerCounts } from './worker-counts.store.js';
import { WorkerStore } from './worker.store.js';

interface MadeWorker extends NewWorkerIdentity {
  readonly clusterId: string;
}

/** A machine exchanges its one-time token for an identity of its own. */
@Injectable()
export class WorkerEnrolment {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tokens: EnrolmentTokens,
    private readonly identities: WorkerIdentities,
    private readonly clusters: Clusters,
    private readonly workers: WorkerStore,
    private readonly outbox: Outbox,
    private readonly quotas: Quotas,
    private readonly counts: WorkerCounts,
  ) {}

  /**
   * A name that is taken leaves the token unused.
   * @throws AppError `identity.enrolment_refused`, `identity.bad_key_proof`, `registry.worker_name_taken`, `tenancy.quota_reached`
   */
  async enrol({ token, name, proof }: EnrolWorker): Promise<EnrolledWorker> {
    const approved = await this.identities.approved(token);
    const orgId = approved?.orgId ?? (await this.tokens.orgOf(token));
    const key = await this.identities.prove(orgId, proof, token);
    const make = this.uow.tenant({ orgId }, async (tx) => {
      const workerId = newId('worker');
      if (approved) {
        const chosen = await this.identities.useUp(tx, approved);
        const clusterId = chosen.clusterId ?? (await this.clusters.first(tx)).id;
        const { skills, approvedBy: createdBy } = approved;
        return this.make(tx, { workerId, clusterId, name, key, skills, createdBy });
      }
      const { clusterId, skills } = await this.tokens.redeem(tx, token, workerId);
      return this.make(tx, { workerId, clusterId, name, key, skills, createdBy: null });
    });
    return make.catch(nameFault(name));
  }

  /**
   * A worker whose machine starts later, with the key that is registered here.
   * @throws AppError `identity.bad_client_key`, `registry.worker_name_taken`, `tenancy.quota_reached`
   */
  async register(ctx: TenantContext, { name, jwk, clusterId, skills }: RegisterWorker): Promise<EnrolledWorker> {
    const make = this.uow.tenant(ctx, async (tx) => {
      const cluster = clusterId === undefined ? await this.clusters.first(tx) : await this.clusters.get(tx, clusterId);
      const of = { workerId: newId('worker'), clusterId: cluster.id, name, key: jwk, createdBy: ctx.actor.id };
      return this.make(tx, { ...of, skills: [...new Set(skills)] }, attributionOf(ctx));
    });
    return make.catch(nameFault(name));
  }

  private async make(tx: TenantTx, worker: MadeWorker, by?: Attribution): Promise<EnrolledWorker> {
    const { workerId, clusterId, name, skills } = worker;
    await this.quotas.check(tx, 'workers', await this.counts.inOrganization(tx));
    const { poolId } = await this.clusters.get(tx, clusterId);
    if (await this.workers.nameIsTaken(tx, { clusterId, name })) throw registryErrors.nameTaken(name);
    await this.workers.insert(tx, { id: workerId, clusterId, poolId, name, grantedSkills: skills });
    const clientId = await this.identities.register(tx, worker);
    const data = { ...(by && { by }), workerId, clusterId, name };
    await this.outbox.append(tx, { type: 'worker.registered', orgId: tx.orgId, subject: workerId, data });
    return { workerId, orgId: tx.orgId, clusterId, clientId };
  }
}

function nameFault(name: string): (error: unknown) => never {
  return (error) => {
    throw isUniqueViolation(error) ? registryErrors.nameTaken(name) : error;
  };
}
