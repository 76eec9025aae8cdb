-- CreateTable
CREATE TABLE "sso_connection" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "auth_method" TEXT NOT NULL,
    "sealed_secret" TEXT NOT NULL,
    "public_jwk" JSONB,
    "scopes" TEXT[],
    "claims" JSONB NOT NULL,
    "default_role" TEXT NOT NULL,
    "provisioning" BOOLEAN NOT NULL,
    "enforced" BOOLEAN NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sso_connection_pkey" PRIMARY KEY ("org_id", "id")
);

-- CreateTable
CREATE TABLE "sso_domain" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "verified_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sso_domain_pkey" PRIMARY KEY ("org_id", "id")
);

-- CreateTable
CREATE TABLE "sso_identity" (
    "org_id" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sso_identity_pkey" PRIMARY KEY ("org_id", "issuer", "subject")
);

-- CreateTable
CREATE TABLE "scim_token" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "scim_token_pkey" PRIMARY KEY ("org_id", "id")
);

-- CreateTable
CREATE TABLE "scim_user" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "user_name" TEXT NOT NULL,
    "external_id" TEXT,
    "active" BOOLEAN NOT NULL,
    "resource" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scim_user_pkey" PRIMARY KEY ("org_id", "id")
);

-- CreateTable
CREATE TABLE "scim_group" (
    "org_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "external_id" TEXT,
    "role" TEXT,
    "members" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scim_group_pkey" PRIMARY KEY ("org_id", "id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sso_connection_org_id_key" ON "sso_connection"("org_id");

-- CreateIndex
CREATE UNIQUE INDEX "sso_domain_org_id_domain_key" ON "sso_domain"("org_id", "domain");

-- CreateIndex
CREATE UNIQUE INDEX "sso_identity_org_id_issuer_user_id_key" ON "sso_identity"("org_id", "issuer", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "scim_token_org_id_hash_key" ON "scim_token"("org_id", "hash");

-- CreateIndex
CREATE INDEX "scim_token_hash_idx" ON "scim_token"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "scim_user_org_id_user_name_key" ON "scim_user"("org_id", "user_name");

-- CreateIndex
CREATE UNIQUE INDEX "scim_user_org_id_user_id_key" ON "scim_user"("org_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "scim_group_org_id_display_name_key" ON "scim_group"("org_id", "display_name");

-- A verified domain belongs to one organization.
CREATE UNIQUE INDEX "sso_domain_verified_key" ON "sso_domain"("domain") WHERE "verified_at" IS NOT NULL;
