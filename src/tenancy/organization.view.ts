import type { ClusterView, OrganizationView } from '@coorchat/contracts';
import { microsToUsd } from '@coorchat/kernel';
import type { Cluster } from './clusters.store.js';
import type { Organization } from './organizations.store.js';

export function clusterView(cluster: Cluster): ClusterView {
  const { id, name, tier, isDefault, defaultMaxDurationMs, allowWorkerModelKey, allowCommands, network } = cluster;
  const { submitters, skills, approvals, maxConcurrentTasks } = cluster;
  const defaultMaxCostUsd = microsToUsd(cluster.defaultMaxCostMicros);
  const policy = { defaultMaxCostUsd, defaultMaxDurationMs, allowWorkerModelKey, allowCommands, network };
  const taking = { submitters, skills, approvals, maxConcurrentTasks };
  return { id, name, tier, isDefault, ...policy, ...taking, createdAt: cluster.createdAt.toISOString() };
}

export function organizationView(organization: Organization, clusters: readonly Cluster[]): OrganizationView {
  const { id, name, slug, createdAt, eraseAt } = organization;
  const dates = { createdAt: createdAt.toISOString(), eraseAt: eraseAt?.toISOString() ?? null };
  return { id, name, slug, ...dates, clusters: clusters.map(clusterView) };
}
