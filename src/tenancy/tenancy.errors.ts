import { AppError } from '@coorchat/kernel';

export const tenancyErrors = {
  clusterNotFound: (clusterId: string) =>
    new AppError({
      code: 'tenancy.cluster_not_found',
      kind: 'not_found',
      message: `There is no cluster ${clusterId}.`,
    }),
  noCluster: () =>
    new AppError({
      code: 'tenancy.no_cluster',
      kind: 'precondition',
      message: 'The organization has no cluster yet, so there is nowhere to put this.',
    }),
  organizationNotFound: () =>
    new AppError({
      code: 'tenancy.organization_not_found',
      kind: 'not_found',
      message: 'The organization of this credential is gone.',
    }),
  memberNotFound: (memberId: string) =>
    new AppError({ code: 'tenancy.member_not_found', kind: 'not_found', message: `There is no member ${memberId}.` }),
  notAMember: () =>
    new AppError({
      code: 'tenancy.not_a_member',
      kind: 'forbidden',
      message: 'You are no longer a member of this organization.',
    }),
  personNeeded: () =>
    new AppError({
      code: 'tenancy.person_needed',
      kind: 'forbidden',
      message: 'Only a signed-in person can do this, not a key or a program.',
    }),
  ownersOnly: () =>
    new AppError({
      code: 'tenancy.owners_only',
      kind: 'forbidden',
      message: 'Only an owner can make owners, or change or remove them.',
    }),
  lastOwner: () =>
    new AppError({
      code: 'tenancy.last_owner',
      kind: 'conflict',
      message: 'This is the last owner. Hand the ownership on first, or delete the organization.',
    }),
  tooManyOrganizations: (max: number) =>
    new AppError({
      code: 'tenancy.too_many_organizations',
      kind: 'quota',
      message: `One person may own ${max} organizations. Delete one, or hand its ownership on.`,
      details: { max },
    }),
  invitationNotFound: (id: string) =>
    new AppError({
      code: 'tenancy.invitation_not_found',
      kind: 'not_found',
      message: `There is no open invitation ${id}.`,
    }),
  alreadyInvited: (invitationId: string) =>
    new AppError({
      code: 'tenancy.already_invited',
      kind: 'conflict',
      message: 'This address is invited already. Send that invitation again, or revoke it first.',
      details: { invitationId },
    }),
  tooManyInvitations: () =>
    new AppError({
      code: 'tenancy.too_many_invitations',
      kind: 'quota',
      message: 'Too many invitations were sent. Try again tomorrow.',
    }),
  invitationVoid: () =>
    new AppError({
      code: 'tenancy.invitation_void',
      kind: 'not_found',
      message: 'This invitation was used or revoked, or has expired. Ask for a new one.',
    }),
  invitationForAnother: () =>
    new AppError({
      code: 'tenancy.invitation_for_another',
      kind: 'forbidden',
      message: 'This invitation is for another mail address. Sign in with the one that the mail came to.',
    }),
  organizationEnding: () =>
    new AppError({
      code: 'tenancy.organization_ending',
      kind: 'precondition',
      message: 'The organization is to be deleted and takes no new work. An owner can call that off.',
    }),
  notEnding: () =>
    new AppError({
      code: 'tenancy.not_ending',
      kind: 'conflict',
      message: 'Nobody asked for the deletion of this organization, or it is due already.',
    }),
  submitterRefused: (submitter: string) =>
    new AppError({
      code: 'tenancy.submitter_refused',
      kind: 'forbidden',
      message: `This cluster does not take work from the role ${submitter}.`,
      details: { submitter },
    }),
  skillsRefused: (refused: readonly (string | null)[], allowed: readonly string[]) =>
    new AppError({
      code: 'tenancy.skills_refused',
      kind: 'forbidden',
      message: `The policy of this cluster lets work use only ${allowed.join(', ') || 'no skill'}; this work asks for ${refused.map((skill) => skill ?? 'any (a task names none)').join(', ')}. Name other skills, or change the cluster (PATCH /v1/clusters/{id}, skills).`,
      details: { skills: refused.filter((skill) => skill !== null), allowed },
    }),
  clusterNameTaken: (name: string) =>
    new AppError({
      code: 'tenancy.cluster_name_taken',
      kind: 'conflict',
      message: `There is a cluster "${name}" already.`,
    }),
  defaultCluster: () =>
    new AppError({
      code: 'tenancy.default_cluster',
      kind: 'conflict',
      message: 'The default cluster cannot be deleted. Make another one the default first.',
    }),
  clusterInUse: (occupants: { workers: number; openWork: number }) =>
    new AppError({
      code: 'tenancy.cluster_in_use',
      kind: 'conflict',
      message: `The cluster has ${occupants.workers} workers and ${occupants.openWork} open work requests.`,
      details: { ...occupants },
    }),
  quotaReached: (what: 'workers' | 'openWork', limit: number) =>
    new AppError({
      code: 'tenancy.quota_reached',
      kind: 'quota',
      message: `The organization has ${limit} ${what === 'workers' ? 'workers' : 'open work requests'}, as many as it may have.`,
      details: { quota: what, limit },
    }),
};
