-- Idempotent; runs as the owner of the tables, in one transaction, after the migrations.

-- The organization of the transaction: set by the unit of work, local to it, and never by a session.
CREATE OR REPLACE FUNCTION current_org() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.org_id', true), '') $$;

-- The same, once everything of it is to be erased: what the eraser's policies let through.
CREATE OR REPLACE FUNCTION erasable_org() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT id FROM public.organization WHERE id = current_org() AND erase_at <= now() $$;

CREATE TABLE IF NOT EXISTS platform_setting (key text PRIMARY KEY, value text NOT NULL);

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['coorchat_app', 'coorchat_system', 'coorchat_scheduler', 'coorchat_queue', 'coorchat_eraser', 'coorchat_backup'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- another database of the same server was faster
    END;
    -- Where an operator made the roles beforehand, they must be as narrow as ours.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name AND (rolsuper OR rolbypassrls OR rolcreaterole)) THEN
      RAISE EXCEPTION 'The role % must not be superuser, bypass row-level security or create roles', role_name;
    END IF;
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''60s''', role_name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
  END LOOP;
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

ALTER ROLE coorchat_app SET statement_timeout = '15s';
ALTER ROLE coorchat_system SET statement_timeout = '30s';
ALTER ROLE coorchat_scheduler SET statement_timeout = '15s';
ALTER ROLE coorchat_eraser SET statement_timeout = '60s';
ALTER ROLE coorchat_app SET lock_timeout = '10s';
ALTER ROLE coorchat_system SET lock_timeout = '10s';
ALTER ROLE coorchat_scheduler SET lock_timeout = '10s';
ALTER ROLE coorchat_queue SET search_path = bullmq;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO coorchat_app, coorchat_system, coorchat_scheduler, coorchat_eraser, coorchat_backup;
ALTER ROLE coorchat_backup SET default_transaction_read_only = on;

-- The queue keeps its tables in a schema of its own, which its role owns; it sees nothing else.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'bullmq') THEN
    EXECUTE format('GRANT coorchat_queue TO %I', current_user);
    CREATE SCHEMA bullmq AUTHORIZATION coorchat_queue;
    EXECUTE format('REVOKE coorchat_queue FROM %I', current_user);
  END IF;
END $$;
