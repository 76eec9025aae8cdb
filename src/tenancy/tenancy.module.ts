import { Module } from '@nestjs/common';
import { ClusterAdmin } from './cluster-admin.service.js';
import { ClusterWriter } from './cluster-writer.store.js';
import { Clusters } from './clusters.store.js';
import { ErasureSteps } from './erasure-steps.js';
import { ExportStore } from './export.store.js';
import { Founding } from './founding.service.js';
import { InvitationAcceptance } from './invitation-acceptance.service.js';
import { InvitationMail } from './invitation-mail.service.js';
import { Invitations } from './invitations.service.js';
import { InvitationStore } from './invitations.store.js';
import { MemberChanges } from './member-changes.service.js';
import { MemberRoster } from './member-roster.service.js';
import { Members } from './members.store.js';
import { Memberships } from './memberships.service.js';
import { OrganizationEnd } from './organization-end.service.js';
import { OrganizationExport } from './organization-export.service.js';
import { OrganizationService } from './organization.service.js';
import { Organizations } from './organizations.store.js';
import { Quotas } from './quotas.service.js';

const doors = [
  ClusterAdmin,
  Clusters,
  ErasureSteps,
  Founding,
  InvitationAcceptance,
  Invitations,
  MemberChanges,
  MemberRoster,
  Members,
  Memberships,
  OrganizationEnd,
  OrganizationExport,
  Organizations,
  OrganizationService,
  Quotas,
];

@Module({ providers: [...doors, ExportStore, ClusterWriter, InvitationMail, InvitationStore], exports: doors })
export class TenancyModule {}
