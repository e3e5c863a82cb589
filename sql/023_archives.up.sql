-- Partitions of the journal that lie in files instead of the database, the functions that move them, and the role of
-- those who may append to the journal and do nothing else with it.

CREATE TABLE eventstore.archives (
    first_seq     bigint      NOT NULL,
    last_seq      bigint      NOT NULL,
    lower_bound   bigint      NOT NULL,
    upper_bound   bigint      NOT NULL,
    block_count   bigint      NOT NULL,
    event_count   bigint      NOT NULL,
    command_count bigint      NOT NULL,
    previous_hash bytea       NOT NULL,
    last_hash     bytea       NOT NULL,
    file_name     text        NOT NULL,
    file_bytes    bigint      NOT NULL,
    file_sha256   bytea       NOT NULL,
    detached_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    attached_at   timestamptz,
    CONSTRAINT archives_pkey PRIMARY KEY (first_seq),
    CONSTRAINT archives_seq_order CHECK (1 <= lower_bound AND lower_bound <= first_seq AND first_seq < upper_bound
                                         AND first_seq <= last_seq),
    CONSTRAINT archives_event_count CHECK (event_count = last_seq - first_seq + 1),
    CONSTRAINT archives_hash_length CHECK (octet_length(previous_hash) = 32 AND octet_length(last_hash) = 32
                                           AND octet_length(file_sha256) = 32)
);
COMMENT ON TABLE eventstore.archives IS
    'One row per partition of the journal that was ever detached to a sealed file. What lies in files now '
    '(attached_at is null) is always the beginning of the log.';
COMMENT ON COLUMN eventstore.archives.first_seq IS 'First event of the partition''s first block.';
COMMENT ON COLUMN eventstore.archives.last_seq IS 'Last event of its last block; may lie beyond upper_bound.';
COMMENT ON COLUMN eventstore.archives.lower_bound IS 'The partition held the blocks with first_seq from here ...';
COMMENT ON COLUMN eventstore.archives.upper_bound IS '... to below this.';
COMMENT ON COLUMN eventstore.archives.block_count IS 'Blocks in the file.';
COMMENT ON COLUMN eventstore.archives.event_count IS 'Events in the file.';
COMMENT ON COLUMN eventstore.archives.command_count IS 'Commands in the file, refused ones included.';
COMMENT ON COLUMN eventstore.archives.file_bytes IS 'Size of the file, compressed.';
COMMENT ON COLUMN eventstore.archives.previous_hash IS 'hash of the block before its first one; zeros at the start.';
COMMENT ON COLUMN eventstore.archives.last_hash IS 'hash of its last block, from which the next one goes on.';
COMMENT ON COLUMN eventstore.archives.file_name IS 'Without a directory: files may be moved together.';
COMMENT ON COLUMN eventstore.archives.file_sha256 IS 'The seal of the file: SHA-256 over all of it but its last frame.';
COMMENT ON COLUMN eventstore.archives.detached_at IS 'When the partition was dropped from the database, last.';
COMMENT ON COLUMN eventstore.archives.attached_at IS 'When it was taken back; null while it is in the file only.';

CREATE FUNCTION eventstore.archived_in(event_seq bigint) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT format('events %s to %s are archived in %s', a.first_seq, a.last_seq, a.file_name)
      FROM eventstore.archives a
     WHERE event_seq BETWEEN a.first_seq AND a.last_seq AND a.attached_at IS NULL
$$;
COMMENT ON FUNCTION eventstore.archived_in(bigint) IS
    'Where an event is that the journal no longer holds, in words; null unless it is archived.';

-- The name of the attached partition that begins with lower_bound, checked against its upper bound.
CREATE FUNCTION eventstore.journal_partition(lower_bound bigint, upper_bound bigint) RETURNS regclass
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    partition regclass := to_regclass(format('eventstore.journal_from_%s', lower_bound));
BEGIN
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'eventstore.journal'::regclass AND c.oid = partition
       AND pg_get_expr(c.relpartbound, c.oid) = format('FOR VALUES FROM (%L) TO (%L)', lower_bound, upper_bound);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the journal has no partition from % to below %', lower_bound, upper_bound
            USING ERRCODE = 'undefined_table';
    END IF;
    RETURN partition;
END
$$;
COMMENT ON FUNCTION eventstore.journal_partition(bigint, bigint) IS
    'The partition of the journal with these bounds; an error unless it is attached.';

-- Raises an error unless the blocks of `partition` are the ones that the archive describes.
CREATE FUNCTION eventstore.require_same_blocks(partition regclass, archive eventstore.archives) RETURNS void
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    is_same boolean;
BEGIN
    EXECUTE format('SELECT count(*) = $1.block_count AND sum(event_count) = $1.event_count '
                   '       AND sum(command_count) = $1.command_count AND min(first_seq) = $1.first_seq '
                   '       AND max(last_seq) = $1.last_seq '
                   '       AND (SELECT hash FROM %1$s ORDER BY first_seq DESC LIMIT 1) = $1.last_hash FROM %1$s',
                   partition) INTO is_same USING archive;
    IF is_same IS NOT TRUE THEN
        RAISE EXCEPTION '% does not hold the blocks that % holds', partition, archive.file_name
            USING ERRCODE = 'data_exception';
    END IF;
END
$$;
COMMENT ON FUNCTION eventstore.require_same_blocks(regclass, eventstore.archives) IS
    'An error unless a partition holds as many blocks, events and commands, the range and the last hash of a file.';

-- The only way out for blocks. The file must have been written, synced and read before: this cannot look at files.
CREATE FUNCTION eventstore.detach_journal_partition(archive eventstore.archives) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    partition regclass;
    behind text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('eventstore.ensure_journal_partitions', 0));
    partition := eventstore.journal_partition(archive.lower_bound, archive.upper_bound);
    IF EXISTS (SELECT FROM eventstore.journal WHERE first_seq < archive.lower_bound) THEN
        RAISE EXCEPTION '% is not the oldest partition: only the beginning of the log can be archived', partition
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF (SELECT last_seq + 1 FROM eventstore.head) < archive.upper_bound THEN
        RAISE EXCEPTION '% is still written to', partition USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT string_agg(format('%s (event %s)', name, checkpoint), ', ' ORDER BY name) INTO behind
      FROM projections.status WHERE checkpoint < archive.last_seq;
    IF behind IS NOT NULL THEN
        RAISE EXCEPTION '% is still read by projections: %', partition, behind
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NOT EXISTS (SELECT FROM eventstore.snapshots WHERE event_seq >= archive.last_seq) THEN
        RAISE EXCEPTION '% is still needed to start: no snapshot covers event %', partition, archive.last_seq
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM eventstore.require_same_blocks(partition, archive);
    archive.detached_at := clock_timestamp();
    archive.attached_at := NULL;
    DELETE FROM eventstore.archives a WHERE a.first_seq = archive.first_seq;
    INSERT INTO eventstore.archives SELECT archive.*;
    EXECUTE format('ALTER TABLE eventstore.journal DETACH PARTITION %s', partition);
    EXECUTE format('DROP TABLE %s', partition);
END
$$;
COMMENT ON FUNCTION eventstore.detach_journal_partition(eventstore.archives) IS
    'Drops the oldest partition of the journal after its blocks were archived to a file; refuses while the writer, a '
    'projection or a start still needs it. For the owner of the schema only.';

-- The way back, in one transaction: eventstore.prepare_journal_partition, COPY of the blocks, this.
CREATE FUNCTION eventstore.prepare_journal_partition(first_seq bigint) RETURNS regclass
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    archive eventstore.archives;
BEGIN
    SELECT * INTO archive FROM eventstore.archives a
     WHERE a.first_seq = prepare_journal_partition.first_seq AND a.attached_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no archived partition begins with event %', first_seq USING ERRCODE = 'no_data_found';
    END IF;
    IF EXISTS (SELECT FROM eventstore.archives a WHERE a.first_seq > archive.first_seq AND a.attached_at IS NULL) THEN
        RAISE EXCEPTION 'archives are attached newest first: one after event % is still in its file', archive.last_seq
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    EXECUTE format('CREATE TABLE eventstore.journal_from_%s (LIKE eventstore.journal INCLUDING ALL)',
                   archive.lower_bound);
    RETURN to_regclass(format('eventstore.journal_from_%s', archive.lower_bound));
END
$$;
COMMENT ON FUNCTION eventstore.prepare_journal_partition(bigint) IS
    'Makes the empty table for the archive that begins with event first_seq. For the owner of the schema only.';

CREATE FUNCTION eventstore.attach_journal_partition(first_seq bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    archive eventstore.archives;
    partition regclass;
BEGIN
    UPDATE eventstore.archives a SET attached_at = clock_timestamp()
     WHERE a.first_seq = attach_journal_partition.first_seq AND a.attached_at IS NULL
    RETURNING a.* INTO STRICT archive;
    partition := to_regclass(format('eventstore.journal_from_%s', archive.lower_bound));
    PERFORM eventstore.require_same_blocks(partition, archive);
    EXECUTE format('COMMENT ON TABLE %s IS %L', partition,
                   format('Blocks of eventstore.journal with first_seq from %s to below %s.', archive.lower_bound,
                          archive.upper_bound));
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION eventstore.refuse_change()', partition);
    EXECUTE format('ALTER TABLE eventstore.journal ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', partition,
                   archive.lower_bound, archive.upper_bound);
END
$$;
COMMENT ON FUNCTION eventstore.attach_journal_partition(bigint) IS
    'Attaches the table that prepare_journal_partition made once it holds the blocks of its archive. For the owner of '
    'the schema only.';

REVOKE EXECUTE ON FUNCTION eventstore.detach_journal_partition(eventstore.archives),
    eventstore.prepare_journal_partition(bigint), eventstore.attach_journal_partition(bigint) FROM PUBLIC;

-- A writer that owns nothing: INSERT and SELECT, and the columns of head that an append and a fence move. Roles belong
-- to the whole cluster, so it may be there already; whoever may not create roles goes on without it.
DO $$
BEGIN
    CREATE ROLE bw_journal_writer NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role bw_journal_writer was not created: %', SQLERRM;
END
$$;
-- A partition is made by its writer, and belongs to the journal's owner.
ALTER FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) SECURITY DEFINER;
ALTER FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) SET search_path = pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'bw_journal_writer') THEN
        GRANT USAGE ON SCHEMA eventstore TO bw_journal_writer;
        GRANT SELECT, INSERT ON eventstore.journal TO bw_journal_writer;
        GRANT SELECT, UPDATE (epoch, last_seq, hash, owner, taken_by, taken_at) ON eventstore.head TO bw_journal_writer;
        GRANT SELECT ON eventstore.archives TO bw_journal_writer;
        GRANT EXECUTE ON FUNCTION eventstore.ensure_journal_partitions(bigint, bigint) TO bw_journal_writer;
    END IF;
END
$$;
