import { Module } from '@nestjs/common';
import { MemberController } from './member.controller.js';
import { OrganizationController } from './organization.controller.js';
import { OwnOrganizationsController } from './own-organizations.controller.js';
import { TenancyModule } from './tenancy.module.js';

/** The REST side, for processes that serve it. */
@Module({
  imports: [TenancyModule],
  controllers: [OrganizationController, MemberController, OwnOrganizationsController],
})
export class TenancyApiModule {}
