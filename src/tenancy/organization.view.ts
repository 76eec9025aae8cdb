import type { ClusterView, OrganizationView } from '@coorchat/contracts';
import { microsToUsd } from '@coorchat/kernel';
import type { Cluster } from './clusters.store.js';
import type { Organization } from './organizations.store.js';

function clusterView(cluster: Cluster): ClusterView {
  const { id, name, tier, defaultMaxDurationMs, allowWorkerModelKey, allowCommands, network } = cluster;
  const defaultMaxCostUsd = microsToUsd(cluster.defaultMaxCostMicros);
  const policy = { defaultMaxCostUsd, defaultMaxDurationMs, allowWorkerModelKey, allowCommands, network };
  return { id, name, tier, ...policy, createdAt: cluster.createdAt.toISOString() };
}

export function organizationView(organization: Organization, clusters: readonly Cluster[]): OrganizationView {
  const { id, name, slug, createdAt } = organization;
  return { id, name, slug, createdAt: createdAt.toISOString(), clusters: clusters.map(clusterView) };
}
