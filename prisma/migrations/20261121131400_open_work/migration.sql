-- What an organization has open is counted when it submits.
CREATE INDEX "work_request_open_idx" ON "work_request" ("org_id") WHERE "completed_at" IS NULL;
