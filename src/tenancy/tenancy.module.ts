import { Module } from '@nestjs/common';
import { Clusters } from './clusters.store.js';
import { Founding } from './founding.service.js';
import { InvitationAcceptance } from './invitation-acceptance.service.js';
import { InvitationMail } from './invitation-mail.service.js';
import { Invitations } from './invitations.service.js';
import { InvitationStore } from './invitations.store.js';
import { MemberChanges } from './member-changes.service.js';
import { MemberRoster } from './member-roster.service.js';
import { Members } from './members.store.js';
import { Memberships } from './memberships.service.js';
import { OrganizationService } from './organization.service.js';
import { Organizations } from './organizations.store.js';

const doors = [
  Clusters,
  Founding,
  InvitationAcceptance,
  Invitations,
  MemberChanges,
  MemberRoster,
  Members,
  Memberships,
  Organizations,
  OrganizationService,
];

@Module({ providers: [...doors, InvitationMail, InvitationStore], exports: doors })
export class TenancyModule {}
