import { AppError } from '@coorchat/kernel';
import type { BlobConfig } from './blob.config.js';
import type { DatabaseConfig } from './database.config.js';
import type { Environment } from './environment.schema.js';
import type { MailConfig } from './mail.config.js';
import type { ModelConfig } from './model.config.js';
import type { LimitsConfig } from './work.config.js';

const DEFAULT_MODEL = 'claude-opus-5-5';

export function databaseConfig(env: Environment): DatabaseConfig {
  return {
    appUrl: env.COORCHAT_DATABASE_APP_URL,
    systemUrl: env.COORCHAT_DATABASE_SYSTEM_URL,
    schedulerUrl: env.COORCHAT_DATABASE_SCHEDULER_URL,
    queueUrl: env.COORCHAT_DATABASE_QUEUE_URL,
    eraserUrl: env.COORCHAT_DATABASE_ERASER_URL,
    backupUrl: env.COORCHAT_DATABASE_BACKUP_URL,
    poolSize: env.COORCHAT_DATABASE_POOL_SIZE,
    prepare: env.COORCHAT_DATABASE_PREPARE,
  };
}

export function modelConfig(env: Environment): ModelConfig {
  const defaultModel = env.COORCHAT_DEFAULT_MODEL ?? DEFAULT_MODEL;
  return {
    apiKey: env.ANTHROPIC_API_KEY,
    baseUrl: (env.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com').replace(/\/+$/, ''),
    defaultModel,
    plannerModel: env.COORCHAT_PLANNER_MODEL ?? defaultModel,
  };
}

export function limitsConfig(env: Environment, defaultMaxCostMicros: number): LimitsConfig {
  return {
    bodyLimitBytes: env.COORCHAT_BODY_LIMIT_BYTES,
    bundleMaxBytes: env.COORCHAT_BUNDLE_MAX_BYTES,
    blobMaxBytes: env.COORCHAT_BLOB_MAX_BYTES,
    orgBlobQuotaBytes: env.COORCHAT_ORG_BLOB_QUOTA_BYTES,
    defaultMaxCostMicros,
    defaultMaxDurationMs: env.COORCHAT_DEFAULT_MAX_DURATION_MS,
  };
}

export function blobConfig(env: Environment, directory: string): BlobConfig {
  if (env.S3_BUCKET === undefined) return { kind: 'files', directory };
  if (env.S3_ACCESS_KEY_ID === undefined || env.S3_SECRET_ACCESS_KEY === undefined) {
    throw new AppError({
      code: 'platform.bad_environment',
      kind: 'invalid',
      message: 'S3_BUCKET is set, so S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are needed too.',
    });
  }
  return {
    kind: 's3',
    s3: {
      bucket: env.S3_BUCKET,
      endpoint: env.S3_ENDPOINT,
      region: env.S3_REGION,
      accessKeyId: env.S3_ACCESS_KEY_ID,
      secretAccessKey: env.S3_SECRET_ACCESS_KEY,
      prefix: env.S3_PREFIX,
      forcePathStyle: env.S3_FORCE_PATH_STYLE,
    },
  };
}

export function mailConfig(env: Environment, folder: string): MailConfig {
  return {
    from: env.COORCHAT_MAIL_FROM,
    smtpUrl: env.COORCHAT_SMTP_URL,
    folder,
    breachedPasswordsUrl: env.COORCHAT_BREACHED_PASSWORDS_URL?.replace(/\/?$/, '/'),
  };
}
