import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { BlobModule } from '../platform/blob/index.js';
import { type AppConfig, ConfigModule } from '../platform/config/index.js';
import { DatabaseModule } from '../platform/db/index.js';
import { HealthModule } from '../platform/health/index.js';
import { HttpModule, RefusalsModule } from '../platform/http/index.js';
import { LimitsModule } from '../platform/limits/index.js';
import { MailModule } from '../platform/mail/index.js';
import { OutboxModule } from '../platform/outbox/index.js';
import { QueueModule } from '../platform/queue/index.js';
import { RevocationModule } from '../platform/revocation/index.js';
import { TelemetryModule } from '../platform/telemetry/index.js';
import { PlatformHealth } from './platform-health.js';
import { PortBindingsModule } from './port-bindings.module.js';
import { modulesOf, type ServingProcess } from './process-modules.js';

/** The ground floor, the ports, and the rooms of the chosen processes. */
@Module({})
export class ControlPlaneModule {
  static of(config: AppConfig, processes: readonly ServingProcess[]): DynamicModule {
    return {
      module: ControlPlaneModule,
      imports: [
        ConfigModule.with(config),
        TelemetryModule,
        DatabaseModule,
        QueueModule,
        MailModule,
        LimitsModule,
        OutboxModule,
        RevocationModule,
        AuditModule,
        BlobModule,
        HttpModule,
        RefusalsModule,
        HealthModule,
        PortBindingsModule,
        ...modulesOf(processes),
      ],
      providers: [PlatformHealth],
    };
  }
}
