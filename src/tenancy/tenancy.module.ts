import { Module } from '@nestjs/common';
import { Clusters } from './clusters.store.js';
import { Founding } from './founding.service.js';
import { MemberChanges } from './member-changes.service.js';
import { MemberRoster } from './member-roster.service.js';
import { Members } from './members.store.js';
import { Memberships } from './memberships.service.js';
import { OrganizationService } from './organization.service.js';
import { Organizations } from './organizations.store.js';

const doors = [
  Clusters,
  Founding,
  MemberChanges,
  MemberRoster,
  Members,
  Memberships,
  Organizations,
  OrganizationService,
];

@Module({ providers: doors, exports: doors })
export class TenancyModule {}
