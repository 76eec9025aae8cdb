import { join, resolve } from 'node:path';
import { usdToMicros } from '@coorchat/kernel';
import type { BlobConfig } from './blob.config.js';
import type { DatabaseConfig } from './database.config.js';
import { type Environment, parseEnvironment, type RawEnvironment } from './environment.schema.js';
import type { MailConfig } from './mail.config.js';
import type { ModelConfig } from './model.config.js';
import { type OrganizationConfig, organizationConfig, type QuotasConfig, quotasConfig } from './organization.config.js';
import { type RequestLimitsConfig, requestLimitsConfig } from './request-limits.config.js';
import type { OutboundEntry } from './outbound-entry.js';
import type { LogLevel, ProcessName } from './process.config.js';
import { secretFile } from './secret-key.js';
import type { LimitsConfig } from './work.config.js';
import { blobConfig, databaseConfig, limitsConfig, mailConfig, modelConfig } from './config-groups.js';

/** The fields of the configuration; instances are frozen and shared. */
export interface AppConfigFields {
  /** Absolute path. */
  readonly dataDir: string;
  readonly processes: readonly ProcessName[];
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where others reach this control plane, without trailing slash; absent: http://host:port as listened on. */
  readonly publicUrl?: string | undefined;
  /** The owner's connection; absent: the embedded PostgreSQL. */
  readonly databaseUrl?: string | undefined;
  /** Whether `databaseUrl` leads to the embedded PostgreSQL, which serves this process alone. */
  readonly embeddedDatabase: boolean;
  readonly database: DatabaseConfig;
  readonly redisUrl?: string | undefined;
  /** Start of every key in Redis, for a server that others use, too. */
  readonly redisPrefix: string;
  /** At least 32 bytes; every other key is derived from it. */
  readonly secretKey: string;
  readonly blob: BlobConfig;
  readonly mail: MailConfig;
  readonly model: ModelConfig;
  readonly limits: LimitsConfig;
  readonly organizations: OrganizationConfig;
  readonly requestLimits: RequestLimitsConfig;
  readonly quotas: QuotasConfig;
  readonly heartbeatIntervalMs: number;
  readonly leaseMs: number;
  readonly shutdownGraceMs: number;
  /** For how long audit records are kept. */
  readonly auditRetentionDays: number;
  /** No organization chooses less. */
  readonly auditRetentionMinDays: number;
  readonly git: { readonly allowFileRemotes: boolean };
  /** Origins whose pages may call the APIs from a browser. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks whose `X-Forwarded-…` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** What URLs of tenants may lead to besides the public internet. */
  readonly outboundAllow: readonly OutboundEntry[];
  readonly logLevel: LogLevel;
}

/** Also the injection token. */
export class AppConfig implements AppConfigFields {
  declare readonly dataDir: string;
  declare readonly processes: readonly ProcessName[];
  declare readonly host: string;
  declare readonly port: number;
  declare readonly publicUrl?: string | undefined;
  declare readonly databaseUrl?: string | undefined;
  declare readonly embeddedDatabase: boolean;
  declare readonly database: DatabaseConfig;
  declare readonly redisUrl?: string | undefined;
  declare readonly redisPrefix: string;
  declare readonly secretKey: string;
  declare readonly blob: BlobConfig;
  declare readonly mail: MailConfig;
  declare readonly model: ModelConfig;
  declare readonly limits: LimitsConfig;
  declare readonly organizations: OrganizationConfig;
  declare readonly requestLimits: RequestLimitsConfig;
  declare readonly quotas: QuotasConfig;
  declare readonly heartbeatIntervalMs: number;
  declare readonly leaseMs: number;
  declare readonly shutdownGraceMs: number;
  declare readonly auditRetentionDays: number;
  declare readonly auditRetentionMinDays: number;
  declare readonly git: { readonly allowFileRemotes: boolean };
  declare readonly corsOrigins: readonly string[];
  declare readonly trustedProxies: readonly string[];
  declare readonly outboundAllow: readonly OutboundEntry[];
  declare readonly logLevel: LogLevel;

  private constructor(fields: AppConfigFields) {
    Object.assign(this, fields);
    Object.freeze(this);
  }

  static of(fields: AppConfigFields): AppConfig {
    return new AppConfig(fields);
  }

  /** A copy with other fields, for tests and for what is known only after the start (ports, URLs). */
  with(fields: Partial<AppConfigFields>): AppConfig {
    return new AppConfig({ ...this, ...fields });
  }
}

function fieldsOf(env: Environment): AppConfigFields {
  const dataDir = resolve(env.COORCHAT_DATA_DIR);
  return {
    dataDir,
    processes: env.COORCHAT_PROCESSES,
    host: env.COORCHAT_HOST,
    port: env.COORCHAT_PORT,
    publicUrl: env.COORCHAT_PUBLIC_URL?.replace(/\/+$/, ''),
    databaseUrl: env.DATABASE_URL,
    embeddedDatabase: env.DATABASE_URL === undefined,
    database: databaseConfig(env),
    redisUrl: env.REDIS_URL,
    redisPrefix: env.COORCHAT_REDIS_PREFIX,
    secretKey: env.COORCHAT_SECRET_KEY ?? secretFile(dataDir, 'secret.key'),
    blob: blobConfig(env, join(dataDir, 'blobs')),
    mail: mailConfig(env, join(dataDir, 'mail')),
    model: modelConfig(env),
    limits: limitsConfig(env, usdToMicros(env.COORCHAT_DEFAULT_MAX_COST_USD)),
    organizations: organizationConfig(env),
    requestLimits: requestLimitsConfig(env),
    quotas: quotasConfig(env),
    heartbeatIntervalMs: env.COORCHAT_HEARTBEAT_INTERVAL_MS,
    leaseMs: env.COORCHAT_LEASE_MS,
    shutdownGraceMs: env.COORCHAT_SHUTDOWN_GRACE_MS,
    auditRetentionDays: env.COORCHAT_AUDIT_RETENTION_DAYS,
    auditRetentionMinDays: env.COORCHAT_AUDIT_RETENTION_MIN_DAYS,
    git: { allowFileRemotes: env.COORCHAT_ALLOW_FILE_REMOTES },
    corsOrigins: env.COORCHAT_CORS_ORIGINS,
    trustedProxies: env.COORCHAT_TRUSTED_PROXIES,
    outboundAllow: env.COORCHAT_OUTBOUND_ALLOW,
    logLevel: env.COORCHAT_LOG_LEVEL,
  };
}

/** Where the data lie, without touching anything there. @throws AppError `platform.bad_environment` */
export function dataDirOf(env: RawEnvironment = process.env): string {
  return resolve(parseEnvironment(env).COORCHAT_DATA_DIR);
}

/** Reads the environment once. Makes the secret key on first use. @throws AppError `platform.bad_environment` */
export function loadConfig(env: RawEnvironment = process.env): AppConfig {
  return AppConfig.of(fieldsOf(parseEnvironment(env)));
}
