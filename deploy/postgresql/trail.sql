-- The trail only grows, also for whoever has the password of the house: docs/deploy.md, "PostgreSQL".
-- Once after `postlotse migrate` and after each restore, by an administrator of the database:
--   psql --dbname=postlotse --set=role=postlotse --file=deploy/postgresql/trail.sql
-- It changes nothing and ends with 3 where it could not protect the trail.
\set ON_ERROR_STOP on
\if :{?role}
\else
    \set role ''
\endif
BEGIN;
SELECT set_config('postlotse.role', :'role', true) \gset
DO $$
DECLARE
    house text := current_setting('postlotse.role');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = house) THEN
        RAISE EXCEPTION 'there is no account "%"; name that of the house: --set=role=postlotse', house;
    END IF;
    IF pg_has_role(house, current_user, 'MEMBER')
        OR pg_has_role(house, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')
        OR pg_has_role(house, (SELECT nspowner FROM pg_namespace WHERE nspname = current_schema()), 'MEMBER')
    THEN
        RAISE EXCEPTION '"%" owns database or schema, or is a superuser; make another account their owner', house;
    END IF;
END
$$;
ALTER TABLE audit OWNER TO CURRENT_USER;
REVOKE ALL ON audit FROM PUBLIC, :"role";
GRANT SELECT, INSERT ON audit TO :"role";
GRANT UPDATE (seal_seq, prev_hash, hash) ON audit TO :"role";
GRANT USAGE ON SEQUENCE audit_id_seq TO :"role";

CREATE OR REPLACE FUNCTION audit_sealed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seal_seq IS NOT NULL THEN
        RAISE EXCEPTION 'a sealed entry of the trail never changes';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER audit_sealed_stays BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_sealed_stays();
COMMIT;
