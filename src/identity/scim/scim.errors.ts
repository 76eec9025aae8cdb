import { AppError } from '@coorchat/kernel';

export const scimErrors = {
  tokenNotFound: (id: string) =>
    new AppError({
      code: 'identity.scim_token_not_found',
      kind: 'not_found',
      message: `There is no directory token ${id}.`,
    }),
  groupNotFound: (id: string) =>
    new AppError({ code: 'identity.scim_group_not_found', kind: 'not_found', message: `There is no group ${id}.` }),
};
