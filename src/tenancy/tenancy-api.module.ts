import { Module } from '@nestjs/common';
import { ClusterController } from './cluster.controller.js';
import { InvitationController } from './invitation.controller.js';
import { MemberController } from './member.controller.js';
import { OrganizationController } from './organization.controller.js';
import { OwnOrganizationsController } from './own-organizations.controller.js';
import { TenancyModule } from './tenancy.module.js';

/** The REST side, for processes that serve it. */
@Module({
  imports: [TenancyModule],
  controllers: [
    OrganizationController,
    ClusterController,
    MemberController,
    InvitationController,
    OwnOrganizationsController,
  ],
})
export class TenancyApiModule {}
