import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { BootstrapKey } from '../../dist/identity/index.js';
import { loadConfig } from '../../dist/platform/config/index.js';
import { migrate, openDatabase } from '../../dist/platform/db/index.js';
import { Access, createHttpApp, Public, PublicUrl } from '../../dist/platform/http/index.js';
import { migrateQueue } from '../../dist/platform/queue/index.js';
import { createLogger } from '../../dist/platform/telemetry/index.js';
import { ControlPlaneModule } from '../../dist/processes/control-plane.module.js';

/** What the load generator hears when the server is ready. */
export interface ServerReady {
  readonly url: string;
  readonly key: string;
}

export interface CpuAsked {
  readonly cpuMicros: number;
}

const ANSWER = { status: 'live' };

/** The same handler behind no guard and behind the one that every route of the product has. */
class TrivialController {
  open(): object {
    return ANSWER;
  }

  guarded(): object {
    return ANSWER;
  }
}

function decorate(name: 'open' | 'guarded', ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(TrivialController.prototype, name);
  if (descriptor) for (const decorator of decorators) decorator(TrivialController.prototype, name, descriptor);
}

// Node strips types, but knows no decorators.
decorate('open', Get('open'), Public('measured against the guarded one'));
decorate('guarded', Get('guarded'), Access('work:read'));
Controller('bench')(TrivialController);

const logger = createLogger({ level: 'error' });
const database = await openDatabase(loadConfig(), logger);
const { config } = database;
await migrate(config, logger);
await migrateQueue(config);

class BenchModule {}
Module({
  imports: [ControlPlaneModule.of(config, ['api', 'jobs', 'tunnel'])],
  controllers: [TrivialController],
})(BenchModule);

const app = await createHttpApp(BenchModule, config);
const { key = '' } = await app.nest.get(BootstrapKey, { strict: false }).ensure({ replaceLostKey: true });
await app.listen();
process.send?.({ url: app.nest.get(PublicUrl, { strict: false }).value, key } satisfies ServerReady);

process.on('message', (asked) => {
  if (asked !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system } satisfies CpuAsked);
});
process.once('disconnect', () => {
  void app
    .close()
    .then(() => database.close())
    .then(() => process.exit(0));
});
