import { AppError } from '@coorchat/kernel';

export const processErrors = {
  unknownProcess: (name: string, known: readonly string[]) =>
    new AppError({
      code: 'processes.unknown_process',
      kind: 'invalid',
      message: `There is no process "${name}". Choose among ${known.join(', ')}.`,
    }),
  notMigrated: () =>
    new AppError({
      code: 'processes.not_migrated',
      kind: 'precondition',
      message: 'The database is not migrated to this version. Run the process "migrate" first.',
    }),
  portTaken: (host: string, port: number) =>
    new AppError({
      code: 'processes.port_taken',
      kind: 'conflict',
      message: `Something else listens on ${host}:${port} already. Stop it, or set COORCHAT_PORT to another port.`,
    }),
};
