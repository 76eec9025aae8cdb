import type { CreateEnrolmentToken } from '@coorchat/contracts';
import { newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { type CredentialOwner, ownedBy } from '../platform/http/index.js';
import { attributionOf, Outbox } from '../platform/outbox/index.js';
import { Clusters } from '../tenancy/index.js';
import { EnrolmentTokenStore, type FoundEnrolmentToken, type RedeemedToken } from './enrolment-token.store.js';
import { identityErrors } from './identity.errors.js';
import { isSecret, newSecret, secretHash } from './secret.rules.js';

export interface CreatedEnrolmentToken {
  readonly id: string;
  /** Shown once; only its hash is stored. */
  readonly token: string;
  readonly clusterId: string;
  readonly expiresAt: string;
}

/** One-time tokens with which machines enrol. */
@Injectable()
export class EnrolmentTokens {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: EnrolmentTokenStore,
    private readonly clusters: Clusters,
    private readonly outbox: Outbox,
  ) {}

  async create(ctx: TenantContext, input: CreateEnrolmentToken): Promise<CreatedEnrolmentToken> {
    const token = newSecret('cce');
    const id = newId('enrolmentToken');
    const expiresAt = new Date(Date.now() + input.expiresInMs);
    const clusterId = await this.uow.tenant(ctx, async (tx) => {
      const cluster = input.clusterId ? await this.clusters.get(tx, input.clusterId) : await this.clusters.first(tx);
      const fields = {
        hash: secretHash(token),
        skills: [...new Set(input.skills)],
        createdBy: ctx.actor.id,
        expiresAt,
      };
      await this.store.insert(tx, { id, clusterId: cluster.id, ...fields });
      const data = { by: attributionOf(ctx), clusterId: cluster.id, skills: fields.skills, expiresAt };
      const type = 'identity.enrolment_token_created';
      await this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data });
      return cluster.id;
    });
    return { id, token, clusterId, expiresAt: expiresAt.toISOString() };
  }

  /** Organization that a token enrols into. @throws AppError `identity.enrolment_refused` */
  async orgOf(token: string): Promise<string> {
    const hash = secretHash(token);
    const found = isSecret('cce', token)
      ? await this.uow.system('identity.enrol', (tx) => this.store.find(tx, hash))
      : undefined;
    if (found?.isLive) return found.orgId;
    throw ownedBy(identityErrors.enrolmentRefused(), found && ownerOfToken(found));
  }

  /** Uses the token up, in the transaction that makes the worker. @throws AppError `identity.enrolment_refused` */
  async redeem(tx: TenantTx, token: string, workerId: string): Promise<RedeemedToken> {
    const redeemed = await this.store.redeem(tx, secretHash(token), workerId);
    if (redeemed === undefined) throw identityErrors.enrolmentRefused();
    return redeemed;
  }
}

/** A token speaks for a machine that nobody knows yet. */
function ownerOfToken({ orgId, id }: FoundEnrolmentToken): CredentialOwner {
  return { orgId, actor: { kind: 'client', id } };
}
