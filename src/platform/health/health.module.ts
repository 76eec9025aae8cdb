import { Global, Module, type OnModuleDestroy } from '@nestjs/common';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';

@Global()
@Module({
  controllers: [HealthController],
  providers: [{ provide: HealthChecks, useFactory: () => new HealthChecks() }],
  exports: [HealthChecks],
})
export class HealthModule implements OnModuleDestroy {
  constructor(private readonly checks: HealthChecks) {}

  onModuleDestroy(): void {
    this.checks.markStopping();
  }
}
