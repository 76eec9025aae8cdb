-- What Prisma's schema language cannot say. Written by hand.

-- The event feed. Readers order by (position, seq) and stop at the oldest transaction still running: a sequence alone
-- would skip events that commit late.
CREATE TABLE "outbox_event" (
  "position" xid8 NOT NULL DEFAULT pg_current_xact_id(),
  "seq" bigint GENERATED ALWAYS AS IDENTITY,
  "id" text NOT NULL,
  "org_id" text NOT NULL,
  "type" text NOT NULL,
  "subject" text NOT NULL,
  "data" jsonb NOT NULL,
  "created_at" timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("position", "seq")
);

-- How far each subscriber has read.
CREATE TABLE "outbox_cursor" (
  "subscriber" text PRIMARY KEY,
  "position" xid8 NOT NULL,
  "seq" bigint NOT NULL,
  "updated_at" timestamptz(3) NOT NULL DEFAULT now()
);

-- Events that a subscriber could not handle, kept for a person to look at.
CREATE TABLE "outbox_parked" (
  "org_id" text NOT NULL,
  "subscriber" text NOT NULL,
  "event_id" text NOT NULL,
  "type" text NOT NULL,
  "subject" text NOT NULL,
  "data" jsonb NOT NULL,
  "error" text NOT NULL,
  "parked_at" timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT "outbox_parked_pkey" PRIMARY KEY ("org_id", "subscriber", "event_id")
);

-- No double placement: one live attempt per slot of a worker.
CREATE UNIQUE INDEX "attempt_live_slot_key" ON "attempt" ("worker_id", "slot")
  WHERE "state" IN ('assigned', 'sent', 'working', 'input_required');
