-- CreateTable
CREATE TABLE "budget" (
    "org_id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "limit_micros" BIGINT NOT NULL,
    "spent_micros" BIGINT NOT NULL DEFAULT 0,
    "held_micros" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("org_id","work_request_id")
);

-- CreateTable
CREATE TABLE "budget_hold" (
    "org_id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "micros" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_hold_pkey" PRIMARY KEY ("org_id","call_id")
);

-- CreateTable
CREATE TABLE "cost_record" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "work_request_id" TEXT,
    "task_id" TEXT,
    "attempt_id" TEXT,
    "worker_id" TEXT,
    "source" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "cache_read_tokens" INTEGER NOT NULL DEFAULT 0,
    "cache_write_5m_tokens" INTEGER NOT NULL DEFAULT 0,
    "cache_write_1h_tokens" INTEGER NOT NULL DEFAULT 0,
    "cost_micros" BIGINT NOT NULL,
    "call_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cost_record_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "enrolment_token" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "skills" TEXT[],
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "used_by_worker" TEXT,

    CONSTRAINT "enrolment_token_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "worker_credential" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "worker_id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "worker_credential_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "worker" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "pool_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "card" JSONB,
    "platform" TEXT,
    "architecture" TEXT,
    "cpu_cores" INTEGER,
    "memory_mb" INTEGER,
    "disk_free_mb" INTEGER,
    "gpu" TEXT,
    "labels" TEXT[],
    "toolchains" JSONB NOT NULL DEFAULT '[]',
    "skills" TEXT[],
    "granted_skills" TEXT[],
    "features" TEXT[],
    "version" TEXT,
    "trust_class" TEXT NOT NULL DEFAULT 'own',
    "sandbox" TEXT NOT NULL DEFAULT 'none',
    "road" TEXT NOT NULL DEFAULT 'tunnel',
    "endpoint_url" TEXT,
    "endpoint_secret" TEXT,
    "max_concurrent" INTEGER NOT NULL DEFAULT 1,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "draining" BOOLEAN NOT NULL DEFAULT false,
    "removed_at" TIMESTAMPTZ(3),
    "session_epoch" INTEGER NOT NULL DEFAULT 0,
    "session_holder" TEXT,
    "connected_at" TIMESTAMPTZ(3),
    "disconnected_at" TIMESTAMPTZ(3),
    "last_heartbeat_at" TIMESTAMPTZ(3),
    "load" JSONB,
    "tasks_completed" INTEGER NOT NULL DEFAULT 0,
    "tasks_failed" INTEGER NOT NULL DEFAULT 0,
    "total_duration_ms" BIGINT NOT NULL DEFAULT 0,
    "total_cost_micros" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "worker_repository" (
    "org_id" TEXT NOT NULL,
    "worker_id" TEXT NOT NULL,
    "canonical_url" TEXT NOT NULL,
    "default_branch" TEXT,
    "head" TEXT,
    "shallow" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "worker_repository_pkey" PRIMARY KEY ("org_id","worker_id","canonical_url")
);

-- CreateTable
CREATE TABLE "repository" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "canonical_url" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "default_branch" TEXT NOT NULL DEFAULT 'main',
    "checks" JSONB NOT NULL DEFAULT '{}',
    "delivery" TEXT NOT NULL DEFAULT 'bundle',
    "push_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "repository_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "repository_base" (
    "org_id" TEXT NOT NULL,
    "repository_id" TEXT NOT NULL,
    "commit" TEXT NOT NULL,
    "object_format" TEXT NOT NULL,
    "bundle_digest" TEXT,
    "bundle_bytes" BIGINT,
    "outline" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "repository_base_pkey" PRIMARY KEY ("org_id","repository_id","commit")
);

-- CreateTable
CREATE TABLE "blob_ref" (
    "org_id" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "media_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blob_ref_pkey" PRIMARY KEY ("org_id","digest")
);

-- CreateTable
CREATE TABLE "work_request" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "pool_id" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "repository_id" TEXT,
    "base_ref" TEXT,
    "base_commit" TEXT,
    "repository" JSONB,
    "constraints" JSONB NOT NULL,
    "idempotency_key" TEXT,
    "request_hash" TEXT NOT NULL,
    "plan_source" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "error" JSONB,
    "version" INTEGER NOT NULL DEFAULT 0,
    "event_seq" INTEGER NOT NULL DEFAULT 0,
    "cost_micros" BIGINT NOT NULL DEFAULT 0,
    "result" JSONB,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "work_request_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "task_graph" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "model" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_graph_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "task" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "pool_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'work',
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "skill" TEXT,
    "needs" JSONB NOT NULL DEFAULT '{}',
    "tool" JSONB,
    "model" TEXT,
    "status" TEXT NOT NULL DEFAULT 'submitted',
    "phase" TEXT NOT NULL DEFAULT 'waiting',
    "pending_deps" INTEGER NOT NULL DEFAULT 0,
    "last_attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "max_failures" INTEGER NOT NULL DEFAULT 3,
    "not_before" TIMESTAMPTZ(3),
    "wait_reason" JSONB,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "worker_id" TEXT,
    "a2a_task_id" TEXT,
    "summary" TEXT,
    "commits" JSONB,
    "checks" JSONB,
    "error" JSONB,
    "estimated_cost_micros" BIGINT,
    "cost_micros" BIGINT NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "task_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "task_edge" (
    "org_id" TEXT NOT NULL,
    "graph_id" TEXT NOT NULL,
    "from_id" TEXT NOT NULL,
    "to_id" TEXT NOT NULL,

    CONSTRAINT "task_edge_pkey" PRIMARY KEY ("org_id","from_id","to_id")
);

-- CreateTable
CREATE TABLE "attempt" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "provider_org_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "pool_id" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker_id" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'assigned',
    "lease_ms" INTEGER NOT NULL,
    "lease_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "session_epoch" INTEGER,
    "worker_seq" INTEGER NOT NULL DEFAULT 0,
    "a2a_task_id" TEXT,
    "grant" JSONB NOT NULL,
    "placement" JSONB NOT NULL,
    "outcome" JSONB,
    "cancel_sent_at" TIMESTAMPTZ(3),
    "assigned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "task_event" (
    "org_id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "task_id" TEXT,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_event_pkey" PRIMARY KEY ("org_id","work_request_id","seq")
);

-- CreateTable
CREATE TABLE "attempt_log" (
    "org_id" TEXT NOT NULL,
    "attempt_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "attempt_log_pkey" PRIMARY KEY ("org_id","attempt_id","seq")
);

-- CreateTable
CREATE TABLE "artifact" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "work_request_id" TEXT NOT NULL,
    "task_id" TEXT,
    "attempt_id" TEXT,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifact_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "service_period" (
    "name" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "last_tick_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "service_period_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "organization" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "capacity_pool" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "capacity_pool_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "pool_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "tier" TEXT NOT NULL DEFAULT 'self-hosted',
    "default_max_cost_micros" BIGINT NOT NULL,
    "default_max_duration_ms" BIGINT NOT NULL,
    "allow_worker_model_key" BOOLEAN NOT NULL DEFAULT false,
    "network" TEXT NOT NULL DEFAULT 'none',
    "allow_commands" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateIndex
CREATE INDEX "budget_hold_expires_at_idx" ON "budget_hold"("expires_at");

-- CreateIndex
CREATE INDEX "cost_record_org_id_work_request_id_idx" ON "cost_record"("org_id", "work_request_id");

-- CreateIndex
CREATE UNIQUE INDEX "cost_record_org_id_call_id_key" ON "cost_record"("org_id", "call_id");

-- CreateIndex
CREATE INDEX "api_key_hash_idx" ON "api_key"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_org_id_hash_key" ON "api_key"("org_id", "hash");

-- CreateIndex
CREATE INDEX "enrolment_token_hash_idx" ON "enrolment_token"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "enrolment_token_org_id_hash_key" ON "enrolment_token"("org_id", "hash");

-- CreateIndex
CREATE INDEX "worker_credential_hash_idx" ON "worker_credential"("hash");

-- CreateIndex
CREATE INDEX "worker_credential_org_id_worker_id_idx" ON "worker_credential"("org_id", "worker_id");

-- CreateIndex
CREATE UNIQUE INDEX "worker_credential_org_id_hash_key" ON "worker_credential"("org_id", "hash");

-- CreateIndex
CREATE INDEX "worker_pool_id_idx" ON "worker"("pool_id");

-- CreateIndex
CREATE UNIQUE INDEX "worker_org_id_cluster_id_name_key" ON "worker"("org_id", "cluster_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "repository_org_id_canonical_url_key" ON "repository"("org_id", "canonical_url");

-- CreateIndex
CREATE INDEX "work_request_org_id_created_at_idx" ON "work_request"("org_id", "created_at");

-- CreateIndex
CREATE INDEX "work_request_status_updated_at_idx" ON "work_request"("status", "updated_at");

-- CreateIndex
CREATE UNIQUE INDEX "work_request_org_id_idempotency_key_key" ON "work_request"("org_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "task_graph_org_id_work_request_id_key" ON "task_graph"("org_id", "work_request_id");

-- CreateIndex
CREATE INDEX "task_pool_id_phase_org_id_id_idx" ON "task"("pool_id", "phase", "org_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "task_org_id_work_request_id_key_key" ON "task"("org_id", "work_request_id", "key");

-- CreateIndex
CREATE INDEX "task_edge_org_id_to_id_idx" ON "task_edge"("org_id", "to_id");

-- CreateIndex
CREATE INDEX "attempt_worker_id_state_idx" ON "attempt"("worker_id", "state");

-- CreateIndex
CREATE INDEX "attempt_pool_id_state_idx" ON "attempt"("pool_id", "state");

-- CreateIndex
CREATE INDEX "attempt_lease_expires_at_idx" ON "attempt"("lease_expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "attempt_org_id_task_id_fence_key" ON "attempt"("org_id", "task_id", "fence");

-- CreateIndex
CREATE INDEX "artifact_org_id_work_request_id_idx" ON "artifact"("org_id", "work_request_id");

-- CreateIndex
CREATE INDEX "cluster_pool_id_idx" ON "cluster"("pool_id");

-- AddForeignKey
ALTER TABLE "worker_repository" ADD CONSTRAINT "worker_repository_org_id_worker_id_fkey" FOREIGN KEY ("org_id", "worker_id") REFERENCES "worker"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "repository_base" ADD CONSTRAINT "repository_base_org_id_repository_id_fkey" FOREIGN KEY ("org_id", "repository_id") REFERENCES "repository"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_graph" ADD CONSTRAINT "task_graph_org_id_work_request_id_fkey" FOREIGN KEY ("org_id", "work_request_id") REFERENCES "work_request"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_org_id_work_request_id_fkey" FOREIGN KEY ("org_id", "work_request_id") REFERENCES "work_request"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_edge" ADD CONSTRAINT "task_edge_org_id_graph_id_fkey" FOREIGN KEY ("org_id", "graph_id") REFERENCES "task_graph"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_edge" ADD CONSTRAINT "task_edge_org_id_from_id_fkey" FOREIGN KEY ("org_id", "from_id") REFERENCES "task"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_edge" ADD CONSTRAINT "task_edge_org_id_to_id_fkey" FOREIGN KEY ("org_id", "to_id") REFERENCES "task"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_org_id_task_id_fkey" FOREIGN KEY ("org_id", "task_id") REFERENCES "task"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_event" ADD CONSTRAINT "task_event_org_id_work_request_id_fkey" FOREIGN KEY ("org_id", "work_request_id") REFERENCES "work_request"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster" ADD CONSTRAINT "cluster_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
