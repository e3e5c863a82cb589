-- The journal for an operator with psql alone: its blocks as rows, whether the server runs or not.
--
--     SELECT event_seq, event_type, payload FROM eventstore.journal_events(1000, 1099);
--     SELECT * FROM eventstore.journal_commands(1000, 1099) WHERE outcome <> 'accepted';
--     SELECT * FROM eventstore.journal_damage();
--
-- Ranges are of event_seq, both ends included. A filter on event_type, actor, time and the like is applied before the
-- payload is made. Damaged bytes raise data_corrupted (XX001) with the event_seq; that a block is missing or was
-- changed as a whole is what journal_damage() finds.

CREATE FUNCTION eventstore.first_seq_of_block(event_seq bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT max(first_seq) FROM eventstore.journal WHERE first_seq <= event_seq), 1)
$$;
COMMENT ON FUNCTION eventstore.first_seq_of_block(bigint) IS 'The first_seq of the block that holds this event';

CREATE FUNCTION eventstore.journal_records(first bigint, last bigint, check_crc boolean DEFAULT false)
RETURNS TABLE (kind integer, type integer, version integer, event_seq bigint, command_seq bigint, command_type integer,
               occurred_at timestamptz, actor bigint, request_id text, outcome text, event_count bigint, body bytea)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000 AS $$
    SELECT r.*
      FROM eventstore.journal j
     CROSS JOIN LATERAL record_format.unpack(j.first_seq, j.last_seq, j.format_version, j.payload, check_crc) r
     WHERE j.first_seq >= (SELECT eventstore.first_seq_of_block(first)) AND j.first_seq <= last
$$;
COMMENT ON FUNCTION eventstore.journal_records(bigint, bigint, boolean) IS
    'The records of all blocks that hold an event of the range, as bytes: kind 1 commands, 2 events, 3 digests; '
    'check_crc: also compare the checksum of each, which takes longer than all the rest';

CREATE FUNCTION eventstore.journal_events(first bigint DEFAULT 1, last bigint DEFAULT 9223372036854775807,
                                          check_crc boolean DEFAULT false)
RETURNS TABLE (event_seq bigint, stream_type text, stream_id bigint, event_type text, schema_version integer,
               payload jsonb, metadata jsonb, command_id bigint, correlation_id text, causation_id bigint,
               actor bigint, occurred_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000 AS $$
    SELECT r.event_seq, record_format.stream_type(r.type, p.payload),
           record_format.stream_id(r.type, p.payload, r.command_seq),
           record_format.type_name(r.event_seq, 2, r.type), r.version, p.payload,
           jsonb_build_object('command_type', record_format.type_name(r.event_seq, 1, r.command_type)),
           r.command_seq, r.request_id, r.command_seq, r.actor, r.occurred_at
      FROM eventstore.journal_records(first, last, check_crc) r
     CROSS JOIN LATERAL (SELECT record_format.payload_of(2, r.type, r.version, r.event_seq, r.body) AS payload
                         OFFSET 0) p  -- made once per row, and only where it is asked for
     WHERE r.kind = 2 AND r.event_seq BETWEEN first AND last
$$;
COMMENT ON FUNCTION eventstore.journal_events(bigint, bigint, boolean) IS
    'The events of the journal as log.events shows them, read from the blocks themselves; schema_version is the stored '
    'one, the payload has the fields of the newest. Add ORDER BY event_seq where the order matters';

CREATE FUNCTION eventstore.journal_commands(first bigint DEFAULT 1, last bigint DEFAULT 9223372036854775807,
                                            check_crc boolean DEFAULT false)
RETURNS TABLE (command_seq bigint, command_type text, schema_version integer, payload jsonb, actor bigint,
               request_id text, occurred_at timestamptz, outcome text, first_event_seq bigint, event_count bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000 AS $$
    SELECT r.command_seq, record_format.type_name(r.event_seq, 1, r.type), r.version, p.payload, r.actor, r.request_id,
           r.occurred_at, r.outcome, r.event_seq, r.event_count
      FROM eventstore.journal_records(first, last, check_crc) r
     CROSS JOIN LATERAL (SELECT record_format.payload_of(1, r.type, r.version, r.event_seq, r.body) AS payload
                         OFFSET 0) p
     WHERE r.kind = 1 AND r.event_seq <= last AND r.event_seq + r.event_count > first
$$;
COMMENT ON FUNCTION eventstore.journal_commands(bigint, bigint, boolean) IS
    'The commands that have an event in the range, refused ones too, as log.commands shows them';

CREATE FUNCTION eventstore.journal_digests(first bigint DEFAULT 1, last bigint DEFAULT 9223372036854775807)
RETURNS TABLE (first_seq bigint, last_seq bigint, hash text) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    SELECT record_format.i64(r.body, 0), record_format.i64(r.body, 8),
           record_format.hex_at(r.body, 16) || record_format.hex_at(r.body, 24)
      FROM eventstore.journal_records(first, last) r
     WHERE r.kind = 3 AND r.event_seq BETWEEN first AND last
$$;
COMMENT ON FUNCTION eventstore.journal_digests(bigint, bigint) IS
    'What the state of the writer''s engine was after last_seq, as a digest of the events since first_seq';

-- A block's header in the bytes that its hash covers: little-endian, in the order of the columns.
CREATE FUNCTION eventstore.little_endian(value bigint, size integer) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    bytes bytea := '';
BEGIN
    FOR i IN 0 .. size - 1 LOOP
        bytes := bytes || set_byte('\x00', 0, ((value >> 8 * i) & 255)::integer);
    END LOOP;
    RETURN bytes;
END
$$;
COMMENT ON FUNCTION eventstore.little_endian(bigint, integer) IS 'The number''s lowest bytes, lowest first';

CREATE FUNCTION eventstore.hash_of_block(previous bytea, block eventstore.journal) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(previous || eventstore.little_endian(block.first_seq, 8)
                  || eventstore.little_endian(block.last_seq, 8)
                  || eventstore.little_endian(block.epoch, 4)
                  || eventstore.little_endian((extract(epoch FROM block.committed_at) * 1000000)::bigint, 8)
                  || eventstore.little_endian(block.event_count, 4) || eventstore.little_endian(block.command_count, 4)
                  || eventstore.little_endian(block.format_version, 2) || block.payload)
$$;
COMMENT ON FUNCTION eventstore.hash_of_block(bytea, eventstore.journal) IS
    'What the block''s hash must be, given the hash of the block before it';

-- Reads every record of the block to its last byte, and compares the block's counts with what is in it.
CREATE FUNCTION eventstore.read_block(block eventstore.journal, check_crc boolean) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    commands bigint;
BEGIN
    SELECT count(*) FILTER (WHERE r.kind = 1) INTO commands
      FROM record_format.unpack(block.first_seq, block.last_seq, block.format_version, block.payload, check_crc) r
     WHERE r.kind = 3 OR record_format.payload_of(r.kind, r.type, r.version, r.event_seq, r.body) IS NOT NULL;
    IF commands <> block.command_count THEN
        PERFORM record_format.refuse(block.first_seq, format('its block holds %s commands and claims %s', commands,
                                                             block.command_count));
    END IF;
END
$$;
COMMENT ON FUNCTION eventstore.read_block(eventstore.journal, boolean) IS
    'Raises data_corrupted unless every record of the block can be read';

CREATE FUNCTION eventstore.journal_damage(first bigint DEFAULT 1, last bigint DEFAULT 9223372036854775807,
                                          check_crc boolean DEFAULT false)
RETURNS TABLE (event_seq bigint, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    block eventstore.journal;
    previous eventstore.journal;
    origin CONSTANT bytea := decode(repeat('00', 32), 'hex');
BEGIN
    SELECT * INTO previous FROM eventstore.journal j
     WHERE j.first_seq < eventstore.first_seq_of_block(first) ORDER BY j.first_seq DESC LIMIT 1;
    IF previous.first_seq IS NULL THEN  -- the beginning of the log may lie in archives
        SELECT a.last_seq, a.last_hash INTO previous.last_seq, previous.hash FROM eventstore.archives a
         WHERE a.attached_at IS NULL ORDER BY a.last_seq DESC LIMIT 1;
    END IF;
    FOR block IN SELECT * FROM eventstore.journal j
                  WHERE j.first_seq BETWEEN eventstore.first_seq_of_block(first) AND last ORDER BY j.first_seq LOOP
        event_seq := coalesce(previous.last_seq, 0) + 1;
        IF block.first_seq <> event_seq THEN
            problem := format('event %s is missing: the next block begins with %s', event_seq, block.first_seq);
            RETURN NEXT;
        ELSIF block.hash <> eventstore.hash_of_block(coalesce(previous.hash, origin), block) THEN
            problem := format('event %s: the hash of its block does not follow from the block before and its content',
                              event_seq);
            RETURN NEXT;
        END IF;
        BEGIN
            PERFORM eventstore.read_block(block, check_crc);
        EXCEPTION WHEN data_corrupted THEN
            problem := SQLERRM;
            event_seq := coalesce(substring(problem FROM '^event (\d+)')::bigint, block.first_seq);
            RETURN NEXT;
        END;
        previous := block;
    END LOOP;
    event_seq := coalesce(previous.last_seq, 0) + 1;
    IF last >= event_seq AND EXISTS (SELECT FROM eventstore.head h WHERE h.last_seq >= event_seq) THEN
        problem := format('event %s is missing: the journal ends before it, head does not', event_seq);
        RETURN NEXT;
    END IF;
END
$$;
COMMENT ON FUNCTION eventstore.journal_damage(bigint, bigint, boolean) IS
    'What is wrong with the journal, a row each; none: every block of the range is there, follows from the one before '
    'by its hash (from an archive, where the journal begins behind one), and every record in it can be read. A changed '
    'hash shows at its block and at the next one';
