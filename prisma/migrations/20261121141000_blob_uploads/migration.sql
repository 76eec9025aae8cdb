-- Uploads that have begun, with the size that they will have: the quota counts them.
CREATE TABLE "blob_upload" (
    "org_id" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blob_upload_pkey" PRIMARY KEY ("org_id","digest")
);

CREATE INDEX "blob_upload_touched_at_idx" ON "blob_upload"("touched_at");
