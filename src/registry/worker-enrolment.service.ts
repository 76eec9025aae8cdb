import type { EnrolledWorker, EnrolWorker } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { EnrolmentTokens, WorkerIdentities } from '../identity/index.js';
import { isUniqueViolation, UnitOfWork } from '../platform/db/index.js';
import { Outbox } from '../platform/outbox/index.js';
import { Clusters, Quotas } from '../tenancy/index.js';
import { registryErrors } from './registry.errors.js';
import { WorkerCounts } from './worker-counts.store.js';
import { WorkerStore } from './worker.store.js';

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
  async enrol(input: EnrolWorker): Promise<EnrolledWorker> {
    const orgId = await this.tokens.orgOf(input.token);
    try {
      return await this.enrolIn(orgId, input);
    } catch (error) {
      throw isUniqueViolation(error) ? registryErrors.nameTaken(input.name) : error;
    }
  }

  private async enrolIn(orgId: string, { token, name, proof }: EnrolWorker): Promise<EnrolledWorker> {
    const key = await this.identities.prove(proof, token);
    return this.uow.tenant({ orgId }, async (tx) => {
      const workerId = newId('worker');
      const { clusterId, skills } = await this.tokens.redeem(tx, token, workerId);
      await this.quotas.check(tx, 'workers', await this.counts.inOrganization(tx));
      const { poolId } = await this.clusters.get(tx, clusterId);
      if (await this.workers.nameIsTaken(tx, { clusterId, name })) throw registryErrors.nameTaken(name);
      await this.workers.insert(tx, { id: workerId, clusterId, poolId, name, grantedSkills: skills });
      const clientId = await this.identities.register(tx, { workerId, name, key, skills, createdBy: null });
      await this.outbox.append(tx, {
        type: 'worker.registered',
        orgId,
        subject: workerId,
        data: { workerId, clusterId, name },
      });
      return { workerId, orgId, clusterId, clientId };
    });
  }
}
