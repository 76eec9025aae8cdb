ALTER TABLE "worker" ADD COLUMN "second_session_at" TIMESTAMPTZ(3);
