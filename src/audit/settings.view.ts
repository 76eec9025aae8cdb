import { type AppConfigFields, outboundEntryText } from '../platform/config/index.js';

/** What may be written down of the configuration: no secret, and no URL, since those may carry one. */
export function settingsOf(config: AppConfigFields): Record<string, unknown> {
  return {
    processes: config.processes,
    host: config.host,
    port: config.port,
    publicUrl: config.publicUrl ?? null,
    embeddedDatabase: config.embeddedDatabase,
    redis: config.redisUrl !== undefined,
    blob: config.blob.kind,
    models: { default: config.model.defaultModel, planner: config.model.plannerModel },
    limits: config.limits,
    leaseMs: config.leaseMs,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    auditRetentionDays: config.auditRetentionDays,
    auditRetentionMinDays: config.auditRetentionMinDays,
    allowFileRemotes: config.git.allowFileRemotes,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    outboundAllow: config.outboundAllow.map(outboundEntryText),
    logLevel: config.logLevel,
  };
}
