import { AppError } from '@coorchat/kernel';

export const dispatchErrors = {
  badToken: () =>
    new AppError({
      code: 'dispatch.bad_attempt_token',
      kind: 'unauthenticated',
      message: 'The token of the attempt is missing, expired or forged.',
    }),
  attemptEnded: () =>
    new AppError({ code: 'dispatch.attempt_ended', kind: 'forbidden', message: 'This attempt has ended.' }),
  blobNotFound: () =>
    new AppError({
      code: 'dispatch.blob_not_found',
      kind: 'not_found',
      message: 'There is no such blob for this attempt.',
    }),
  badUpload: (message: string) => new AppError({ code: 'dispatch.bad_upload', kind: 'invalid', message }),
  quotaReached: (quotaBytes: number) =>
    new AppError({
      code: 'dispatch.blob_quota_reached',
      kind: 'quota',
      message: `The organization keeps ${quotaBytes} bytes, which is all it may. Delete old work requests.`,
    }),
};
