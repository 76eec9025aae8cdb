-- What was taken before was checked against its submitter's skills when it came: it keeps all of them.
ALTER TABLE "work_request" ADD COLUMN "submitter_skills" TEXT[] NOT NULL DEFAULT ARRAY['*']::TEXT[];

-- How many tasks an organization has running, over all of its clusters.
CREATE INDEX "attempt_live_org_idx" ON "attempt" ("org_id")
  WHERE "state" IN ('assigned', 'sent', 'working', 'input_required');
