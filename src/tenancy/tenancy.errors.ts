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
};
