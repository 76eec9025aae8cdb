import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../telemetry/index.js';

/** Nest's own messages in our log; its chatter about modules and routes is debug. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug(String(message), { context: context.at(-1) });
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn(String(message), { context: context.at(-1) });
  }

  error(message: unknown, ...context: unknown[]): void {
    const fields = message instanceof Error ? { error: message } : {};
    this.logger.error(String(message), { ...fields, context: context.at(-1) });
  }
}
