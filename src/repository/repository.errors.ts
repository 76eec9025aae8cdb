import { AppError } from '@coorchat/kernel';

export const repositoryErrors = {
  notFound: (id: string) =>
    new AppError({ code: 'repository.not_found', kind: 'not_found', message: `There is no repository ${id}.` }),
  fileRemoteRefused: () =>
    new AppError({
      code: 'repository.file_remote_refused',
      kind: 'precondition',
      message:
        'Results are not pushed to folders of this machine. Deliver as a bundle, or let the operator set COORCHAT_ALLOW_FILE_REMOTES=true.',
    }),
  privateRemoteRefused: (host: string, fault: string) =>
    new AppError({
      code: 'repository.private_remote_refused',
      kind: 'precondition',
      message: `${host} is not called: ${fault}. Use a public address, or let the operator list this one in COORCHAT_OUTBOUND_ALLOW.`,
    }),
  pushFailed: (url: string, reason: string, cause: unknown) =>
    new AppError({
      code: 'repository.push_failed',
      kind: 'unavailable',
      message: `The result could not be pushed to ${url}: ${reason}`,
      cause,
    }),
  baseNotOnRemote: (base: string, url: string) =>
    new AppError({
      code: 'repository.base_not_on_remote',
      kind: 'precondition',
      message: `The result is not pushed: its base ${base} is not part of what was asked for at ${url}. Push the base there and submit the work again, or deliver as a bundle.`,
    }),
  nothingToDeliver: () =>
    new AppError({
      code: 'repository.nothing_to_deliver',
      kind: 'precondition',
      message: 'The result has no commits beyond its base.',
    }),
  resultRefused: (reason: { code: string; message: string }) =>
    new AppError({
      code: 'repository.result_refused',
      kind: 'precondition',
      message: `The result is not delivered: ${reason.message}`,
      details: { reason },
    }),
  blobMissing: (digest: string) =>
    new AppError({ code: 'repository.blob_missing', kind: 'not_found', message: `There is no blob ${digest}.` }),
};
