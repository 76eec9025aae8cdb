import { AppError } from '@coorchat/kernel';

export function configError(message: string, cause?: unknown): AppError {
  return new AppError({ code: 'worker.bad_config', kind: 'invalid', message, cause });
}
