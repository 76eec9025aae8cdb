-- The audit trail: one chain per organization. No role may change a row (prisma/rls/access.yaml); the system's deletes
-- the oldest ones when their time is over.
CREATE TABLE "audit_record" (
  "org_id" text NOT NULL,
  "seq" bigint NOT NULL,
  "id" text NOT NULL,
  "event_id" text NOT NULL,
  "type" text NOT NULL,
  "subject" text NOT NULL,
  "actor_kind" text NOT NULL,
  "actor_id" text NOT NULL,
  "at" timestamptz(3) NOT NULL,
  -- What the hash is taken of: the whole record as JSON, kept to the letter.
  "body" text NOT NULL,
  "previous_hash" text NOT NULL,
  "hash" text NOT NULL,
  CONSTRAINT "audit_record_pkey" PRIMARY KEY ("org_id", "seq"),
  CONSTRAINT "audit_record_id_key" UNIQUE ("org_id", "id"),
  CONSTRAINT "audit_record_event_key" UNIQUE ("org_id", "event_id")
);
CREATE INDEX "audit_record_at_idx" ON "audit_record" ("org_id", "at");
CREATE INDEX "audit_record_subject_idx" ON "audit_record" ("org_id", "subject", "seq");
CREATE INDEX "audit_record_actor_idx" ON "audit_record" ("org_id", "actor_id", "seq");

-- Where each chain ends, and where it begins since its oldest records were deleted.
CREATE TABLE "audit_head" (
  "org_id" text PRIMARY KEY,
  "seq" bigint NOT NULL,
  "hash" text NOT NULL,
  "first_seq" bigint NOT NULL DEFAULT 1,
  "first_previous_hash" text NOT NULL,
  "updated_at" timestamptz(3) NOT NULL DEFAULT now()
);
