export { createLogger, type LogFields, Logger, silentLogger } from './logger.js';
export { Metrics } from './metrics.js';
export { TelemetryModule } from './telemetry.module.js';
