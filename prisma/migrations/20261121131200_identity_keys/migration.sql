-- Personal keys, keys for some skills only, rotation.
ALTER TABLE "api_key"
  ADD COLUMN "user_id" TEXT,
  ADD COLUMN "replaced_by" TEXT;
CREATE INDEX "api_key_org_id_user_id_idx" ON "api_key"("org_id", "user_id");

-- Keys made before scopes named skills could use all of them. Forced row-level security hides the rows from their
-- owner, too; the access rules force it again.
ALTER TABLE "api_key" NO FORCE ROW LEVEL SECURITY;
UPDATE "api_key" SET "scopes" = array_append("scopes", 'skill:*');
