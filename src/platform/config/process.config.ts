import { z } from 'zod';
import { trueOrFalse, variable, wholeNumber } from './variable.schema.js';

export const PROCESS_NAMES = ['all', 'api', 'jobs', 'tunnel', 'migrate'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const processList = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(PROCESS_NAMES, 'names a process that does not exist')).min(1))
  .default(['all']);

export const processVariables = {
  COORCHAT_DATA_DIR: variable(z.string().min(1).default('.coorchat'), { form: 'the path of a folder' }),
  COORCHAT_PROCESSES: variable(processList, { form: `a comma-separated list out of ${PROCESS_NAMES.join(', ')}` }),
  COORCHAT_LOG_LEVEL: variable(z.enum(LOG_LEVELS, 'is no log level').default('info'), {
    form: `one of ${LOG_LEVELS.join(', ')}`,
  }),
  COORCHAT_SECRET_KEY: variable(
    z
      .string()
      .refine((text) => Buffer.byteLength(text) >= 32, 'is shorter than 32 bytes')
      .optional(),
    { form: 'at least 32 bytes of text, for example the output of `openssl rand -hex 32`', secret: true },
  ),
  COORCHAT_SHUTDOWN_GRACE_MS: wholeNumber({ min: 0, max: 600_000, fallback: 10_000, unit: 'milliseconds' }),
  COORCHAT_AUDIT_RETENTION_DAYS: wholeNumber({ min: 1, max: 36_500, fallback: 400, unit: 'days' }),
  COORCHAT_AUDIT_RETENTION_MIN_DAYS: wholeNumber({ min: 1, max: 36_500, fallback: 30, unit: 'days' }),
  COORCHAT_ALLOW_FILE_REMOTES: trueOrFalse(false),
};
