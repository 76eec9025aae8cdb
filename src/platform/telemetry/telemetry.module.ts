import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { createLogger, Logger } from './logger.js';
import { Metrics } from './metrics.js';
import { terminalDestination } from './terminal-format.js';

function loggerFor(config: AppConfig): Logger {
  const destination = process.stderr.isTTY ? terminalDestination(process.stderr) : undefined;
  return createLogger({ level: config.logLevel, ...(destination ? { destination } : {}) });
}

@Global()
@Module({
  providers: [Metrics, { provide: Logger, useFactory: loggerFor, inject: [AppConfig] }],
  exports: [Metrics, Logger],
})
export class TelemetryModule {}
