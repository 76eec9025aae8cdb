import { z } from 'zod';
import { trueOrFalse, urlOf, variable, wholeNumber } from './variable.schema.js';

const postgresUrl = () =>
  urlOf(['postgres', 'postgresql'], 'postgres://user:password@host:5432/coorchat', { secret: true }).optional();

export const databaseVariables = {
  DATABASE_URL: postgresUrl(),
  COORCHAT_DATABASE_APP_URL: postgresUrl(),
  COORCHAT_DATABASE_SYSTEM_URL: postgresUrl(),
  COORCHAT_DATABASE_SCHEDULER_URL: postgresUrl(),
  COORCHAT_DATABASE_QUEUE_URL: postgresUrl(),
  COORCHAT_DATABASE_ERASER_URL: postgresUrl(),
  COORCHAT_DATABASE_BACKUP_URL: postgresUrl(),
  COORCHAT_DATABASE_POOL_SIZE: wholeNumber({ min: 1, max: 200, fallback: 10, unit: 'connections' }),
  /** Named prepared statements do not work behind transaction poolers of old. */
  COORCHAT_DATABASE_PREPARE: trueOrFalse(true),
  REDIS_URL: urlOf(['redis', 'rediss'], 'redis://localhost:6379', { secret: true }).optional(),
  COORCHAT_REDIS_PREFIX: variable(
    z
      .string()
      .regex(/^[a-z0-9_-]+$/i, 'has other characters than letters, digits, _ and -')
      .default('coorchat'),
    { form: 'a short name' },
  ),
};

/** Connections of the narrow roles; those absent are derived from the owner's URL and the secret key. */
export interface DatabaseConfig {
  readonly appUrl?: string | undefined;
  readonly systemUrl?: string | undefined;
  readonly schedulerUrl?: string | undefined;
  readonly queueUrl?: string | undefined;
  readonly eraserUrl?: string | undefined;
  readonly backupUrl?: string | undefined;
  readonly poolSize: number;
  readonly prepare: boolean;
}
