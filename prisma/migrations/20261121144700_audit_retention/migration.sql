-- For how long an organization wants its audit records kept, where that differs from its plan.
CREATE TABLE "audit_retention" (
  "org_id" text PRIMARY KEY,
  "days" integer NOT NULL,
  "updated_at" timestamptz(3) NOT NULL DEFAULT now()
);
