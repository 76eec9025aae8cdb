import { isSkillScope, type Role } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { Client, Provider } from 'oidc-provider';
import { UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Clusters, Members } from '../../tenancy/index.js';
import { attributionOfVisitor } from '../accounts/visitor.js';
import { grantableScopes, isOfMachine } from './asked-scopes.rules.js';
import type { Approval, ApprovalRefusal } from './interactions.port.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import type { AskedFor } from './pending-request.rules.js';
import { GRANT_TTL_S } from './provider-configuration.js';

/** As long as a device code and the one token that comes of it. */
const MACHINE_GRANT_TTL_S = 20 * 60;

export interface MadeGrant {
  readonly kind: 'granted';
  readonly grantId: string;
  readonly scopes: readonly string[];
}

interface GrantDraft {
  readonly provider: Provider;
  readonly client: Client;
  readonly asked: AskedFor;
  readonly approval: Approval;
}

/** Writes down what a person let a client do, cut down to what the person may do. */
@Injectable()
export class GrantMaking {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly members: Members,
    private readonly clusters: Clusters,
    private readonly grants: OauthGrantStore,
    private readonly outbox: Outbox,
  ) {}

  async make(draft: GrantDraft): Promise<MadeGrant | ApprovalRefusal> {
    const { asked, approval } = draft;
    const role = await this.roleOf(approval);
    if (role === undefined || isElsewhere(asked, approval)) return { kind: 'not_a_member' };
    const left = new Set(approval.scopes ?? asked.scopes);
    const scopes = grantableScopes(role, asked.scopes).filter((scope) => left.has(scope));
    if (!scopes.some((scope) => !isSkillScope(scope))) return { kind: 'nothing_to_grant' };
    if (lacksSkills(asked, scopes)) return { kind: 'no_skill' };
    if (!(await this.hasCluster(approval))) return { kind: 'no_such_cluster' };
    const grantId = await this.saveGrant(draft, scopes);
    await this.record(draft, { grantId, scopes });
    return { kind: 'granted', grantId, scopes };
  }

  private async roleOf({ session, orgId }: Approval): Promise<Role | undefined> {
    const memberships = await this.uow.system('tenancy.memberships', (tx) => this.members.ofUser(tx, session.userId));
    return memberships.find(({ id }) => id === orgId)?.role;
  }

  private async hasCluster({ orgId, clusterId }: Approval): Promise<boolean> {
    if (clusterId === undefined) return true;
    const clusters = await this.uow.tenantRead({ orgId }, (tx) => this.clusters.list(tx));
    return clusters.some(({ id }) => id === clusterId);
  }

  /** What was asked for and not granted is rejected in so many words, else the library asks again. */
  private saveGrant({ provider, client, asked, approval }: GrantDraft, scopes: readonly string[]): Promise<string> {
    const grant = new provider.Grant({ accountId: approval.session.userId, clientId: client.clientId });
    const rest = asked.scopes.filter((scope) => !scopes.includes(scope));
    for (const resource of asked.resources) {
      grant.addResourceScope(resource, scopes.join(' '));
      if (rest.length > 0) grant.rejectResourceScope(resource, rest.join(' '));
    }
    if (asked.oidcScopes.length > 0) grant.addOIDCScope(asked.oidcScopes.join(' '));
    return grant.save();
  }

  private async record(
    { client, approval }: GrantDraft,
    { grantId, scopes }: Pick<MadeGrant, 'grantId' | 'scopes'>,
  ): Promise<void> {
    const { session, visitor, orgId, clusterId = null } = approval;
    const { id: sessionId, userId, amr, signedInAt } = session;
    const [clientId, clientName] = [client.clientId, client.clientName ?? client.clientId];
    const authentication = { method: 'session', credentialId: sessionId, amr, signedInAt } as const;
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: userId }, authentication });
    const lifeS = isOfMachine(scopes) ? MACHINE_GRANT_TTL_S : GRANT_TTL_S;
    const expiresAt = new Date(Date.now() + lifeS * 1_000);
    await this.uow.system('identity.oauth', async (tx) => {
      await this.grants.insert(tx, {
        ...{
          orgId,
          id: grantId,
          userId,
          clientId,
          clientName,
          scopes,
          clusterId,
          sessionId,
          amr,
          signedInAt,
          expiresAt,
        },
      });
      const data = { by, userId, clientId, clientName, scopes, ...(clusterId !== null && { clusterId }) };
      await this.outbox.append(tx, { type: 'identity.grant_created', orgId, subject: grantId, data });
    });
  }
}

/** A machine without any skill would be let in for nothing; with every one, nobody meant it. */
function lacksSkills(asked: AskedFor, scopes: readonly string[]): boolean {
  return isOfMachine(scopes) && asked.scopes.some(isSkillScope) && !scopes.some(isSkillScope);
}

/** The client named an organization, and the person chose another. */
function isElsewhere({ organization }: AskedFor, { orgId }: Approval): boolean {
  return organization !== undefined && organization !== orgId;
}
