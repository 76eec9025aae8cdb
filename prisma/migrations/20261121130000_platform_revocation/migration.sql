-- What was revoked lately: every process reads it each second.
CREATE TABLE "revocation" (
  "seq" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "kind" text NOT NULL,
  "subject" text NOT NULL,
  "at" timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX "revocation_at_idx" ON "revocation" ("at");
