import { Module } from '@nestjs/common';
import { OrganizationController } from './organization.controller.js';
import { TenancyModule } from './tenancy.module.js';

/** The REST side, for processes that serve it. */
@Module({ imports: [TenancyModule], controllers: [OrganizationController] })
export class TenancyApiModule {}
