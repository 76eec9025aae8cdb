import { AppError } from '@coorchat/kernel';

export const registryErrors = {
  workerNotFound: (workerId: string) =>
    new AppError({ code: 'registry.worker_not_found', kind: 'not_found', message: `There is no worker ${workerId}.` }),
  workerRemoved: () =>
    new AppError({
      code: 'registry.worker_removed',
      kind: 'unauthenticated',
      message: 'This worker was removed. Enrol the machine again with a new token.',
    }),
  nameTaken: (name: string) =>
    new AppError({
      code: 'registry.worker_name_taken',
      kind: 'conflict',
      message: `The cluster has a worker "${name}" already. Choose another name, or remove that worker first.`,
      details: { name },
    }),
  badCard: (faults: readonly string[]) =>
    new AppError({
      code: 'registry.bad_card',
      kind: 'invalid',
      message: `The Agent Card cannot be used. ${faults.slice(0, 3).join('; ')}`,
      details: { faults },
    }),
  notAWorker: () =>
    new AppError({
      code: 'registry.not_a_worker',
      kind: 'forbidden',
      message: 'Only a worker can do this, with its own credential.',
    }),
  badEndpoint: (reason: string) =>
    new AppError({
      code: 'registry.bad_endpoint',
      kind: 'invalid',
      message: `The endpoint cannot be used: ${reason}.`,
    }),
  badToolchainFilter: (text: string) =>
    new AppError({
      code: 'registry.bad_toolchain_filter',
      kind: 'invalid',
      message: `"${text}" is neither a toolchain nor a toolchain with a version range. Write node or node@>=20.`,
    }),
};
