-- A person who lets a machine in chooses its cluster.
ALTER TABLE "oauth_grant" ADD COLUMN "cluster_id" TEXT;
-- Raised when a client's scopes change: tokens say which they came out of, so that no clock has to.
ALTER TABLE "oauth_client" ADD COLUMN "generation" INTEGER NOT NULL DEFAULT 1;
