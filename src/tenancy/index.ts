export { type Cluster, type ClusterPolicy, Clusters } from './clusters.store.js';
export {
  type FoundedOrganization,
  type NewOrganization,
  type Organization,
  Organizations,
} from './organizations.store.js';
export { TenancyApiModule } from './tenancy-api.module.js';
export { TenancyModule } from './tenancy.module.js';
