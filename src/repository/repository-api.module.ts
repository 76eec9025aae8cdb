import { Module } from '@nestjs/common';
import { RepositoryController } from './repository.controller.js';
import { RepositoryModule } from './repository.module.js';

/** The REST side, for processes that serve it. */
@Module({ imports: [RepositoryModule], controllers: [RepositoryController] })
export class RepositoryApiModule {}
