-- One identity for all spellings of a repository: `https://host/a/b` and `ssh://host/a/b` become `host/a/b`. What git
-- is given is kept apart. Forced row-level security hides rows from their owner, too; the access rules force it again.
ALTER TABLE "repository" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "repository_base" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "worker_repository" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "work_request" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "attempt" NO FORCE ROW LEVEL SECURITY;

-- Until now ssh was dialled as `git`, and the login was not stored.
ALTER TABLE "repository" ADD COLUMN "fetch_url" TEXT;
UPDATE "repository" SET "fetch_url" = regexp_replace("canonical_url", '^ssh://', 'ssh://git@');
ALTER TABLE "repository" ALTER COLUMN "fetch_url" SET NOT NULL;
UPDATE "work_request"
  SET "repository" = jsonb_set("repository", '{url}', to_jsonb(regexp_replace("repository"->>'url', '^ssh://', 'ssh://git@')))
  WHERE "repository"->>'url' LIKE 'ssh://%';
UPDATE "attempt"
  SET "grant" = jsonb_set("grant", '{repository}', to_jsonb(regexp_replace("grant"->>'repository', '^ssh://', 'ssh://git@')))
  WHERE "ended_at" IS NULL AND "grant"->>'repository' LIKE 'ssh://%';

DO $$
DECLARE
  spelling record;
BEGIN
  -- Spellings of one repository: the one that somebody configured stays, else the oldest.
  FOR spelling IN
    SELECT org_id, id, first_value(id) OVER (
        PARTITION BY org_id, regexp_replace(regexp_replace(canonical_url, '^(https?|ssh)://', ''), '^([^/]+):(22|80|443)/', '\1/')
        ORDER BY delivery = 'push' DESC, checks <> '{}' DESC, id) AS kept
    FROM "repository"
  LOOP
    CONTINUE WHEN spelling.id = spelling.kept;
    UPDATE "work_request" SET "repository_id" = spelling.kept
      WHERE "org_id" = spelling.org_id AND "repository_id" = spelling.id;
    UPDATE "repository_base" b SET "repository_id" = spelling.kept
      WHERE b."org_id" = spelling.org_id AND b."repository_id" = spelling.id AND NOT EXISTS (
        SELECT FROM "repository_base" o WHERE o."org_id" = b."org_id" AND o."repository_id" = spelling.kept
          AND o."commit" = b."commit");
    DELETE FROM "repository" WHERE "org_id" = spelling.org_id AND "id" = spelling.id;
  END LOOP;
END
$$;
UPDATE "repository"
  SET "canonical_url" = regexp_replace(regexp_replace("canonical_url", '^(https?|ssh)://', ''), '^([^/]+):(22|80|443)/', '\1/');

-- Clones are told anew whenever a worker connects; whole ones stay.
DELETE FROM "worker_repository" r USING "worker_repository" o
  WHERE r."org_id" = o."org_id" AND r."worker_id" = o."worker_id" AND r."canonical_url" <> o."canonical_url"
    AND regexp_replace(r."canonical_url", '^(https?|ssh)://', '') = regexp_replace(o."canonical_url", '^(https?|ssh)://', '')
    AND (r."shallow", r."canonical_url") > (o."shallow", o."canonical_url");
UPDATE "worker_repository" SET "canonical_url" = regexp_replace("canonical_url", '^(https?|ssh)://', '');
