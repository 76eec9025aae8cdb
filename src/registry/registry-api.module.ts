import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { RegistryModule } from './registry.module.js';
import { WorkerSelfController } from './worker-self.controller.js';
import { WorkerController } from './worker.controller.js';

/** The REST side that people and programs call. */
@Module({ imports: [RegistryModule], controllers: [WorkerController, CatalogController] })
export class RegistryApiModule {}

/** The REST side that workers call. */
@Module({ imports: [RegistryModule], controllers: [WorkerSelfController] })
export class WorkerSelfModule {}
