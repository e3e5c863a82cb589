-- Archived files must be attached first: afterwards nothing in the database knows where the beginning of the log is.
DO $$
BEGIN
    IF EXISTS (SELECT FROM eventstore.archives WHERE attached_at IS NULL) THEN
        RAISE EXCEPTION 'the beginning of the log is archived: attach it first (buttonwood archive attach)';
    END IF;
    -- The role belongs to the whole cluster and stays; only what it may do here is taken back.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'bw_journal_writer') THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA eventstore FROM bw_journal_writer;
        REVOKE ALL (epoch, last_seq, hash, owner, taken_by, taken_at) ON eventstore.head FROM bw_journal_writer;
        REVOKE ALL ON FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) FROM bw_journal_writer;
        REVOKE ALL ON SCHEMA eventstore FROM bw_journal_writer;
    END IF;
END
$$;
GRANT EXECUTE ON FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) TO PUBLIC;
ALTER FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) RESET search_path;
ALTER FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) SECURITY INVOKER;
DROP FUNCTION eventstore.attach_journal_partition(bigint);
DROP FUNCTION eventstore.prepare_journal_partition(bigint);
DROP FUNCTION eventstore.detach_journal_partition(eventstore.archives);
DROP FUNCTION eventstore.require_same_blocks(regclass, eventstore.archives);
DROP FUNCTION eventstore.journal_partition(bigint, bigint);
DROP FUNCTION eventstore.archived_in(bigint);
DROP TABLE eventstore.archives;
