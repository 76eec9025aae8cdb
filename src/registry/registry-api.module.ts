import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { EnrolmentController } from './enrolment.controller.js';
import { RegistryModule } from './registry.module.js';
import { WorkerController } from './worker.controller.js';

/** The REST side, for processes that serve it. */
@Module({ imports: [RegistryModule], controllers: [EnrolmentController, WorkerController, CatalogController] })
export class RegistryApiModule {}
