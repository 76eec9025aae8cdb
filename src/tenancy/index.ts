export { ClusterOccupancy, type Occupants } from './cluster-occupancy.port.js';
export { clusterAllowsSkill, submitFault } from './cluster.rules.js';
export { type Cluster, type ClusterPolicy, Clusters } from './clusters.store.js';
export { type ErasureStep, ErasureSteps } from './erasure-steps.js';
export { Founding, type FoundingRequest } from './founding.service.js';
export { InvitationAcceptance, type InvitedUser } from './invitation-acceptance.service.js';
export { INVITATION_PATH } from './invitation-mail.service.js';
export { Invitations } from './invitations.service.js';
export { type OpenInvitation } from './invitations.store.js';
export { type ChangeOfMember, MemberChanges } from './member-changes.service.js';
export { type MemberChange, MemberCredentials } from './member-credentials.port.js';
export { MemberRoster } from './member-roster.service.js';
export { type Member, Members, type Membership, type NewMember } from './members.store.js';
export { Memberships } from './memberships.service.js';
export {
  type FoundedOrganization,
  type NewOrganization,
  type Organization,
  Organizations,
} from './organizations.store.js';
export { OrganizationEnd } from './organization-end.service.js';
export { OrganizationExport } from './organization-export.service.js';
export { type Counted, Quotas } from './quotas.service.js';
export { TenancyApiModule } from './tenancy-api.module.js';
export { TenancyJobsModule } from './tenancy-jobs.module.js';
export { TenancyModule } from './tenancy.module.js';
export { type Person, UserDirectory } from './user-directory.port.js';
