import { Global, Module } from '@nestjs/common';
import { DatabasePools } from './database-pools.js';
import { UnitOfWork } from './unit-of-work.js';

@Global()
@Module({ providers: [DatabasePools, UnitOfWork], exports: [DatabasePools, UnitOfWork] })
export class DatabaseModule {}
