import { Module } from '@nestjs/common';
import { OrganizationEraser } from './organization-eraser.service.js';
import { TenancyModule } from './tenancy.module.js';

/** Where jobs run. */
@Module({ imports: [TenancyModule], providers: [OrganizationEraser] })
export class TenancyJobsModule {}
