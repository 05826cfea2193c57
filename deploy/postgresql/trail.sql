-- The trail only grows, also for whoever has the password of the house: docs/deploy.md, "PostgreSQL".
-- Once after `postlotse migrate` and after each restore, by an administrator of the database:
--   psql --dbname=postlotse --set=role=postlotse --file=trail.sql
BEGIN;
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
