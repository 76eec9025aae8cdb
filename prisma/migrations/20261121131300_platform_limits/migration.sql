-- Requests of the current minutes, added up over all processes. Worth nothing after a crash, so it is not logged.
CREATE UNLOGGED TABLE "request_count" (
  "key" text NOT NULL,
  "window_start" timestamptz(3) NOT NULL,
  "count" bigint NOT NULL,
  CONSTRAINT "request_count_pkey" PRIMARY KEY ("key", "window_start")
);
