import { z } from 'zod';
import { idSchema, instantSchema } from './common.schema.js';
import { ROLES } from './permissions.js';

export const roleSchema = z.enum(ROLES);

export const memberViewSchema = z.object({
  id: idSchema('member'),
  userId: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  role: roleSchema,
  joinedAt: instantSchema,
});
export type MemberView = z.infer<typeof memberViewSchema>;

export const changeRoleSchema = z.strictObject({ role: roleSchema });
export type ChangeRole = z.infer<typeof changeRoleSchema>;

export const transferOwnershipSchema = z.strictObject({
  memberId: idSchema('member').describe('Becomes owner; the caller becomes administrator'),
});
export type TransferOwnership = z.infer<typeof transferOwnershipSchema>;

/** An organization as one of its members sees it. */
export const ownOrganizationSchema = z.object({
  id: idSchema('organization'),
  name: z.string(),
  slug: z.string(),
  role: roleSchema,
  /** Whether the caller's credential is for this one. */
  current: z.boolean(),
  eraseAt: instantSchema.nullable().describe('Everything is erased then, unless an owner calls it off'),
});
export type OwnOrganization = z.infer<typeof ownOrganizationSchema>;

export const ownOrganizationsSchema = z.object({ items: z.array(ownOrganizationSchema) });

export const INVITATION_STATUSES = ['open', 'accepted', 'revoked', 'expired'] as const;

export const inviteSchema = z.strictObject({
  email: z.email().max(254),
  role: roleSchema,
});
export type Invite = z.infer<typeof inviteSchema>;

export const invitationViewSchema = z.object({
  id: idSchema('invitation'),
  email: z.string(),
  role: roleSchema,
  status: z.enum(INVITATION_STATUSES),
  invitedBy: z.string(),
  createdAt: instantSchema,
  sentAt: instantSchema.describe('When the mail was last sent'),
  expiresAt: instantSchema,
});
export type InvitationView = z.infer<typeof invitationViewSchema>;
