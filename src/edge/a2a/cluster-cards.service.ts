import type { AgentCard } from '@a2a-js/sdk';
import { allowsSkill } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { SigningKeys } from '../../identity/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { WorkerDirectory } from '../../registry/index.js';
import { clusterAllowsSkill, Clusters } from '../../tenancy/index.js';
import { CardSignatures } from './card-signatures.js';
import { clusterCard, extendedCard } from './cluster-card.js';

const VERSION = '0.1.0';

/** The control plane's own Agent Cards, signed with its keys (JWS, A2A 1.0 section 8.4). */
@Injectable()
export class ClusterCards {
  readonly #signatures = new CardSignatures();

  constructor(
    private readonly publicUrl: PublicUrl,
    private readonly keys: SigningKeys,
    private readonly uow: UnitOfWork,
    private readonly clusters: Clusters,
    private readonly directory: WorkerDirectory,
  ) {}

  /** Unsigned: names no machine and no tenant. */
  base(): AgentCard {
    return clusterCard(this.publicUrl.value, VERSION);
  }

  /** What a stranger may see. */
  public(): Promise<AgentCard> {
    return this.signed(this.base());
  }

  /** What this caller may use. */
  async extended(ctx: TenantContext): Promise<AgentCard> {
    const skills = (await this.offered(ctx)).filter((skill) => allowsSkill(ctx.scopes, skill));
    return this.signed(extendedCard(this.base(), { mayDeliver: ctx.scopes.has('work:submit'), skills }));
  }

  private async offered(ctx: TenantContext): Promise<string[]> {
    const clusters = await this.uow.tenantRead(ctx, (tx) => this.clusters.list(tx));
    const found = await Promise.all(
      clusters.map(async (cluster) => {
        const skills = await this.directory.skillsOf(ctx, cluster.poolId);
        return [...skills].filter((skill) => clusterAllowsSkill(cluster, skill));
      }),
    );
    return [...new Set(found.flat())].sort();
  }

  private async signed(card: AgentCard): Promise<AgentCard> {
    const { kid, privateKey } = await this.keys.current();
    const jku = `${this.publicUrl.value}/oidc/jwks`;
    return { ...card, signatures: await this.#signatures.of(card, { kid, privateKey, jku }) };
  }
}
