import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { UnitOfWork } from '../platform/db/index.js';
import { Outbox, PLATFORM_ORG } from '../platform/outbox/index.js';
import { Logger, Metrics } from '../platform/telemetry/index.js';
import { doorsUsed } from './platform-news.rules.js';
import { settingsOf } from './settings.view.js';

const EVERY_MS = 60 * 60 * 1_000;

/** Puts on record with which settings this process ran, and how often it looked across organizations and why. */
@Injectable()
export class PlatformNews implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly process = `${process.pid}`;
  private before: Readonly<Record<string, number>> = {};
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.tell('platform.started', { settings: settingsOf(this.config) });
    this.timer = setInterval(() => void this.tellDoors(), EVERY_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.tellDoors();
  }

  /** Those since the last time. */
  async tellDoors(): Promise<void> {
    const now = this.metrics.snapshot();
    const purposes = doorsUsed(this.before, now);
    this.before = now;
    if (Object.keys(purposes).length > 0) await this.tell('platform.system_doors_used', { purposes });
  }

  private async tell(type: string, data: object): Promise<void> {
    const event = { type, orgId: PLATFORM_ORG, subject: this.process, data };
    try {
      await this.uow.system('audit.platform', (tx) => this.outbox.append(tx, event));
    } catch (error) {
      this.logger.warn('news of the platform could not be put on record', { type, error });
    }
  }
}
