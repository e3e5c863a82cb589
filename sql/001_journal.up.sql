-- The journal and its head: the truth of the whole system. One row per group commit, append-only, hash-chained.

CREATE SCHEMA eventstore;
COMMENT ON SCHEMA eventstore IS 'The journal, from which everything else can be rebuilt.';

-- Refuses whatever it is attached to; errors have SQLSTATE 23001 (restrict_violation).
CREATE FUNCTION eventstore.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION eventstore.refuse_change() IS 'Trigger function that refuses the statement, whoever sends it.';

CREATE TABLE eventstore.journal (
    first_seq      bigint      NOT NULL,
    last_seq       bigint      NOT NULL,
    epoch          integer     NOT NULL,
    committed_at   timestamptz NOT NULL,
    event_count    integer     NOT NULL,
    command_count  integer     NOT NULL,
    format_version smallint    NOT NULL,
    payload        bytea       NOT NULL,
    hash           bytea       NOT NULL,
    CONSTRAINT journal_pkey PRIMARY KEY (first_seq),
    CONSTRAINT journal_first_seq_positive CHECK (first_seq >= 1),
    CONSTRAINT journal_seq_order CHECK (first_seq <= last_seq),
    CONSTRAINT journal_event_count CHECK (event_count = last_seq - first_seq + 1),
    CONSTRAINT journal_command_count CHECK (command_count BETWEEN 1 AND event_count),
    CONSTRAINT journal_epoch_positive CHECK (epoch >= 1),
    CONSTRAINT journal_hash_length CHECK (octet_length(hash) = 32)
) PARTITION BY RANGE (first_seq);
ALTER TABLE eventstore.journal ALTER COLUMN payload SET STORAGE EXTERNAL;

COMMENT ON TABLE eventstore.journal IS
    'One row per group commit: everything decided since the commit before it. Never updated, never deleted. '
    'Contiguous: first_seq is the last_seq of the row before plus one.';
COMMENT ON COLUMN eventstore.journal.first_seq IS 'event_seq of the first event in the block; 1 is the first of the log.';
COMMENT ON COLUMN eventstore.journal.last_seq IS 'event_seq of the last event in the block.';
COMMENT ON COLUMN eventstore.journal.epoch IS 'The writer that appended it; see eventstore.head.';
COMMENT ON COLUMN eventstore.journal.committed_at IS 'When the writer sealed the block, by its clock, to the microsecond.';
COMMENT ON COLUMN eventstore.journal.event_count IS 'Events in the block.';
COMMENT ON COLUMN eventstore.journal.command_count IS 'Commands in the block, refused ones included.';
COMMENT ON COLUMN eventstore.journal.format_version IS 'How payload is laid out.';
COMMENT ON COLUMN eventstore.journal.payload IS
    'The packed records of every command and its events, in the order of decision. Not compressed: it is dense already.';
COMMENT ON COLUMN eventstore.journal.hash IS
    'SHA-256 over the hash of the block before, this block''s header and its payload; the chain starts from 32 zero bytes.';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON eventstore.journal
    FOR EACH ROW EXECUTE FUNCTION eventstore.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON eventstore.journal
    FOR EACH STATEMENT EXECUTE FUNCTION eventstore.refuse_change();

CREATE TABLE eventstore.head (
    singleton boolean     NOT NULL DEFAULT true,
    epoch     integer     NOT NULL,
    last_seq  bigint      NOT NULL,
    hash      bytea       NOT NULL,
    owner     uuid,
    taken_by  text,
    taken_at  timestamptz,
    CONSTRAINT head_pkey PRIMARY KEY (singleton),
    CONSTRAINT head_singleton CHECK (singleton),
    CONSTRAINT head_hash_length CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 10);  -- updated by every commit: room for HOT updates within the page

COMMENT ON TABLE eventstore.head IS
    'The end of the journal, one row. A writer advances it and inserts its block in one statement, and only where epoch '
    'and last_seq are the ones it expects: that compare-and-set is what keeps a second writer out.';
COMMENT ON COLUMN eventstore.head.singleton IS 'Always true: there is one row.';
COMMENT ON COLUMN eventstore.head.epoch IS 'Raised by one whenever a writer takes the journal over; 0 = no writer yet.';
COMMENT ON COLUMN eventstore.head.last_seq IS 'last_seq of the newest block; 0 = the journal is empty.';
COMMENT ON COLUMN eventstore.head.hash IS 'hash of the newest block; 32 zero bytes while the journal is empty.';
COMMENT ON COLUMN eventstore.head.owner IS 'Random identity of the writer that holds the epoch.';
COMMENT ON COLUMN eventstore.head.taken_by IS 'application_name of that writer, for people.';
COMMENT ON COLUMN eventstore.head.taken_at IS 'When it took the journal over.';

INSERT INTO eventstore.head (epoch, last_seq, hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'));

CREATE TRIGGER refuse_going_back BEFORE UPDATE ON eventstore.head
    FOR EACH ROW WHEN (NEW.epoch < OLD.epoch OR NEW.last_seq < OLD.last_seq)
    EXECUTE FUNCTION eventstore.refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON eventstore.head
    FOR EACH ROW EXECUTE FUNCTION eventstore.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON eventstore.head
    FOR EACH STATEMENT EXECUTE FUNCTION eventstore.refuse_change();

-- Partitions are attached, not created in place: ATTACH takes a lock that lets readers and the writer go on.
-- Row triggers of the parent are cloned by ATTACH; TRUNCATE triggers are not, so each partition gets its own.
CREATE FUNCTION eventstore.ensure_journal_partitions(upto_seq bigint, events_per_partition bigint DEFAULT 10000000)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    next_seq bigint;  -- first one that no partition covers
    partition_name text;
BEGIN
    IF events_per_partition < 1 THEN
        RAISE EXCEPTION 'events_per_partition must be at least 1, not %', events_per_partition;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('eventstore.ensure_journal_partitions', 0));
    SELECT coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint), 1)
      INTO next_seq
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'eventstore.journal'::regclass;
    WHILE next_seq <= upto_seq LOOP
        partition_name := format('journal_from_%s', next_seq);
        EXECUTE format('CREATE TABLE eventstore.%I (LIKE eventstore.journal INCLUDING ALL)', partition_name);
        EXECUTE format('COMMENT ON TABLE eventstore.%I IS %L', partition_name,
                       format('Blocks of eventstore.journal with first_seq from %s to below %s.', next_seq,
                              next_seq + events_per_partition));
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON eventstore.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION eventstore.refuse_change()', partition_name);
        EXECUTE format('ALTER TABLE eventstore.journal ATTACH PARTITION eventstore.%I FOR VALUES FROM (%s) TO (%s)',
                       partition_name, next_seq, next_seq + events_per_partition);
        next_seq := next_seq + events_per_partition;
    END LOOP;
    RETURN next_seq;
END
$$;
COMMENT ON FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) IS
    'Makes partitions of the journal until event upto_seq has one. Returns the first event_seq without one.';
