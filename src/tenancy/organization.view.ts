import type { ClusterView, OrganizationView } from '@coorchat/contracts';
import { microsToUsd } from '@coorchat/kernel';
import type { Cluster } from './clusters.store.js';
import type { Organization } from './organizations.store.js';

function clusterView({ poolId: _pool, orgId: _org, defaultMaxCostMicros, createdAt, ...rest }: Cluster): ClusterView {
  return { ...rest, defaultMaxCostUsd: microsToUsd(defaultMaxCostMicros), createdAt: createdAt.toISOString() };
}

export function organizationView(organization: Organization, clusters: readonly Cluster[]): OrganizationView {
  const { id, name, slug, createdAt } = organization;
  return { id, name, slug, createdAt: createdAt.toISOString(), clusters: clusters.map(clusterView) };
}
