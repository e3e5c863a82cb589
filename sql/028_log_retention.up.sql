-- The log for people in partitions of both tables, and how much of it is kept. The journal keeps everything.

-- What the tables hold, and what they shall hold.
CREATE TABLE log.extent (
    table_name     text        PRIMARY KEY CONSTRAINT table_is_of_the_log CHECK (table_name IN ('events', 'commands')),
    complete_from  bigint      NOT NULL DEFAULT 1 CONSTRAINT complete_from_positive CHECK (complete_from >= 1),
    partition_rows bigint      NOT NULL DEFAULT 5000000 CONSTRAINT partition_rows_positive CHECK (partition_rows >= 1),
    keep_events    bigint      CONSTRAINT keep_events_not_negative CHECK (keep_events >= 0),
    dropped_at     timestamptz
);
INSERT INTO log.extent (table_name) VALUES ('events'), ('commands');

COMMENT ON TABLE log.extent IS
    'From where log.events and log.commands are complete, and the policy that drops older partitions';
COMMENT ON COLUMN log.extent.complete_from IS
    'The first event_seq (command_seq) that the table holds; up to the checkpoint of its projection it has no hole';
COMMENT ON COLUMN log.extent.partition_rows IS 'Size of the partitions that are still to be made';
COMMENT ON COLUMN log.extent.keep_events IS
    'At least so many of the newest events stay; whole partitions before them are dropped, and the partitions of '
    'log.commands whose events are all gone. Null: everything stays. Only the row of events counts';
COMMENT ON COLUMN log.extent.dropped_at IS 'When the newest partition was dropped; null: never';

-- The first number that no partition of the table covers; complete_from while it has none.
CREATE FUNCTION log.partitions_end(of_table text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint)
                       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                      WHERE i.inhparent = ('log.' || quote_ident(of_table))::regclass),
                    (SELECT complete_from FROM log.extent WHERE table_name = of_table))
$$;

-- Makes partitions until `upto` has one, and the one after it.
CREATE FUNCTION log.ensure_partitions(of_table text, upto bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    size CONSTANT bigint := (SELECT partition_rows FROM log.extent WHERE table_name = of_table);
    next_seq bigint := log.partitions_end(of_table);
    child text;
BEGIN
    WHILE next_seq <= upto + size LOOP
        child := format('%s_from_%s', of_table, next_seq);
        IF projections.ensure_partition(('log.' || quote_ident(of_table))::regclass, child, next_seq::text,
                                        (next_seq + size)::text) AND of_table = 'events' THEN
            -- Query: one event per (stream, version), here and by log.streams; the events of a stream, in order.
            EXECUTE format('CREATE UNIQUE INDEX %I ON log.%I (stream_type, stream_id, stream_version)',
                           child || '_stream_key', child);
        END IF;
        next_seq := next_seq + size;
    END LOOP;
    RETURN next_seq;
END
$$;
COMMENT ON FUNCTION log.ensure_partitions(text, bigint) IS
    'Makes partitions ahead: until this number has one, and the one after it. Returns the first number without one';

DROP FUNCTION log.ensure_event_partitions(bigint, bigint);

DROP TABLE log.commands;
CREATE TABLE log.commands (
    command_seq     bigint      NOT NULL,
    command_type    text        NOT NULL,
    payload         jsonb       NOT NULL,
    actor           bigint      NOT NULL,
    request_id      text,
    occurred_at     timestamptz NOT NULL,
    outcome         text        NOT NULL,
    first_event_seq bigint      NOT NULL,
    event_count     integer     NOT NULL CONSTRAINT event_count_positive CHECK (event_count > 0),
    PRIMARY KEY (command_seq)
) PARTITION BY RANGE (command_seq);
-- Query: commands of a day or an hour. Time grows with command_seq, so a summary per block range is enough.
CREATE INDEX commands_occurred_at_brin ON log.commands USING brin (occurred_at) WITH (autosummarize = on);
-- Query: what did this user send, newest first.
CREATE INDEX commands_actor ON log.commands (actor, command_seq);
-- Query: what was refused, and why, newest first.
CREATE INDEX commands_refused ON log.commands (outcome, command_seq) WHERE outcome <> 'accepted';

COMMENT ON TABLE log.commands IS 'Row per command, refused ones too; projection `commands`';
COMMENT ON COLUMN log.commands.request_id IS 'X-Request-Id of the request that carried it; null if none';
COMMENT ON COLUMN log.commands.outcome IS 'accepted, or the stable code of the refusal';
COMMENT ON COLUMN log.commands.first_event_seq IS
    'Its events are first_event_seq .. first_event_seq + event_count - 1 in log.events';
SELECT log.ensure_partitions('commands', 0);
UPDATE projections.status SET checkpoint = 0 WHERE name = 'commands';  -- its worker fills it again

-- What the policy lets go is dropped, whole partitions at a time, oldest first. Nothing that a projection has yet to
-- write, and nothing while one is rebuilt: the rows of projections.status are locked, without waiting (55P03).
CREATE FUNCTION log.drop_old_partitions() RETURNS TABLE (table_name text, partition_name text, complete_from bigint)
LANGUAGE plpgsql AS $$
DECLARE
    keep CONSTANT bigint := (SELECT e.keep_events FROM log.extent e WHERE e.table_name = 'events');
    checkpoint bigint;
    child record;
    last_event bigint;
BEGIN
    IF keep IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM projections.status s WHERE s.name IN ('commands', 'events') ORDER BY s.name FOR UPDATE NOWAIT;
    SELECT min(s.checkpoint) INTO checkpoint FROM projections.status s WHERE s.name IN ('commands', 'events');
    FOR child IN
        SELECT split_part(p.parent, '.', 2) AS log_table, p.name, p.upper_bound
          FROM (SELECT i.inhparent::regclass::text AS parent, c.relname AS name,
                       substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint AS upper_bound
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent IN ('log.events'::regclass, 'log.commands'::regclass)) p
         ORDER BY 1 DESC, p.upper_bound  -- events first: they decide on the commands
    LOOP
        IF child.log_table = 'events' THEN
            last_event := child.upper_bound - 1;
            CONTINUE WHEN last_event > checkpoint - keep;
        ELSE
            EXECUTE format('SELECT first_event_seq + event_count - 1 FROM log.%I WHERE command_seq = $1', child.name)
               INTO last_event USING child.upper_bound - 1;  -- null until the partition is full
            CONTINUE WHEN last_event IS NULL
                OR last_event >= (SELECT e.complete_from FROM log.extent e WHERE e.table_name = 'events');
        END IF;
        EXECUTE format('DROP TABLE log.%I', child.name);
        UPDATE log.extent e SET complete_from = child.upper_bound, dropped_at = now()
         WHERE e.table_name = child.log_table;
        table_name := child.log_table;
        partition_name := child.name;
        complete_from := child.upper_bound;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION log.drop_old_partitions() IS
    'Drops the partitions that log.extent.keep_events lets go; a row for each. The server calls it every minute';
