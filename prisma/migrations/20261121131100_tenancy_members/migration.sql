-- Members, invitations, policies of clusters, organizations that are to be deleted.
ALTER TABLE "organization"
  ADD COLUMN "erase_at" TIMESTAMPTZ(3),
  ADD COLUMN "limits" JSONB NOT NULL DEFAULT '{}';

ALTER TABLE "cluster"
  ADD COLUMN "is_default" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "submitters" TEXT[] DEFAULT ARRAY['owner', 'admin', 'developer', 'program']::TEXT[],
  ADD COLUMN "skills" TEXT[] DEFAULT ARRAY['*']::TEXT[],
  ADD COLUMN "approvals" TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "max_concurrent_tasks" INTEGER;

-- The oldest cluster was the one that was meant when nobody named one. Forced row-level security hides the rows from
-- their owner, too; the access rules force it again.
ALTER TABLE "cluster" NO FORCE ROW LEVEL SECURITY;
UPDATE "cluster" c SET "is_default" = true
  WHERE c."id" = (SELECT min(o."id") FROM "cluster" o WHERE o."org_id" = c."org_id");

CREATE UNIQUE INDEX "cluster_org_id_name_key" ON "cluster"("org_id", "name");
-- One default at most.
CREATE UNIQUE INDEX "cluster_default_key" ON "cluster"("org_id") WHERE "is_default";

CREATE TABLE "member" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "invited_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "member_pkey" PRIMARY KEY ("org_id","id"),
    CONSTRAINT "member_role_check" CHECK ("role" IN ('owner', 'admin', 'developer', 'billing', 'viewer'))
);
CREATE UNIQUE INDEX "member_org_id_user_id_key" ON "member"("org_id", "user_id");
CREATE INDEX "member_user_id_idx" ON "member"("user_id");
ALTER TABLE "member" ADD CONSTRAINT "member_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "invitation" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "invited_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sends" INTEGER NOT NULL DEFAULT 1,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "accepted_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "invitation_pkey" PRIMARY KEY ("org_id","id"),
    CONSTRAINT "invitation_role_check" CHECK ("role" IN ('owner', 'admin', 'developer', 'billing', 'viewer'))
);
CREATE UNIQUE INDEX "invitation_org_id_hash_key" ON "invitation"("org_id", "hash");
CREATE INDEX "invitation_org_id_email_idx" ON "invitation"("org_id", "email");
CREATE INDEX "invitation_hash_idx" ON "invitation"("hash");
-- One open invitation per address.
CREATE UNIQUE INDEX "invitation_open_key" ON "invitation"("org_id", "email") WHERE "accepted_at" IS NULL AND "revoked_at" IS NULL;
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
