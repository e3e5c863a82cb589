-- The log for people: row per event and row per command, in JSON. The truth is eventstore.journal.

CREATE SCHEMA log;
COMMENT ON SCHEMA log IS
    'The log as rows, for people with psql; a projection of the journal, never read back to decide anything';

-- No index here but the primary key: a unique index on a partitioned table must contain the partition key, so one event
-- per (stream, version) is guarded by a unique index on each partition, and across partitions by log.streams.
CREATE TABLE log.events (
    event_seq      bigint      NOT NULL,
    stream_type    text        NOT NULL,
    stream_id      bigint      NOT NULL,
    stream_version integer     NOT NULL CONSTRAINT stream_version_positive CHECK (stream_version > 0),
    event_type     text        NOT NULL,
    schema_version smallint    NOT NULL,
    payload        jsonb       NOT NULL,
    metadata       jsonb       NOT NULL,
    command_id     bigint      NOT NULL,
    correlation_id text,
    causation_id   bigint      NOT NULL,
    actor          bigint      NOT NULL,
    occurred_at    timestamptz NOT NULL,
    PRIMARY KEY (event_seq)
) PARTITION BY RANGE (event_seq);
-- Query: events of a day or an hour. Time grows with event_seq, so a summary per block range is enough.
CREATE INDEX events_occurred_at_brin ON log.events USING brin (occurred_at) WITH (autosummarize = on);

COMMENT ON TABLE  log.events IS 'Row per event; projection `events`';
COMMENT ON COLUMN log.events.event_seq IS 'Place in the whole log, contiguous from 1';
COMMENT ON COLUMN log.events.stream_type IS 'Kind of aggregate: user, account, security, order, trade, command';
COMMENT ON COLUMN log.events.stream_version IS 'Number of the event within its stream, contiguous from 1';
COMMENT ON COLUMN log.events.command_id IS 'command_seq of the command that caused it';
COMMENT ON COLUMN log.events.correlation_id IS 'X-Request-Id of the request that carried the command; null if none';
COMMENT ON COLUMN log.events.causation_id IS 'What directly caused it: the command_seq (no event causes another yet)';
COMMENT ON COLUMN log.events.actor IS 'user_id of who sent the command; 0 = the system';
COMMENT ON COLUMN log.events.occurred_at IS 'The time of its command, UTC';

CREATE TABLE log.streams (
    stream_type text    NOT NULL,
    stream_id   bigint  NOT NULL,
    version     integer NOT NULL CONSTRAINT version_positive CHECK (version > 0),
    PRIMARY KEY (stream_type, stream_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE  log.streams IS 'The newest version of each stream; projection `events`';

-- Makes the partitions that hold first_seq..last_seq, and the one after, 5 million events each.
CREATE FUNCTION log.ensure_event_partitions(first_seq bigint, last_seq bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    size CONSTANT bigint := 5000000;
    child text;
BEGIN
    FOR n IN first_seq / size .. last_seq / size + 1 LOOP
        child := 'events_p' || lpad(n::text, 6, '0');
        IF projections.ensure_partition('log.events', child, (n * size)::text, ((n + 1) * size)::text) THEN
            EXECUTE format('CREATE UNIQUE INDEX %I ON log.%I (stream_type, stream_id, stream_version)',
                           child || '_stream_key', child);
        END IF;
    END LOOP;
END
$$;
SELECT log.ensure_event_partitions(0, 0);

CREATE TABLE log.commands (
    command_seq     bigint      PRIMARY KEY,
    command_type    text        NOT NULL,
    payload         jsonb       NOT NULL,
    actor           bigint      NOT NULL,
    request_id      text,
    occurred_at     timestamptz NOT NULL,
    outcome         text        NOT NULL,
    first_event_seq bigint      NOT NULL,
    event_count     integer     NOT NULL CONSTRAINT event_count_positive CHECK (event_count > 0)
);
-- Query: commands of a day or an hour.
CREATE INDEX commands_occurred_at_brin ON log.commands USING brin (occurred_at) WITH (autosummarize = on);
-- Query: what did this user send, newest first.
CREATE INDEX commands_actor ON log.commands (actor, command_seq);
-- Query: what was refused, and why, newest first.
CREATE INDEX commands_refused ON log.commands (outcome, command_seq) WHERE outcome <> 'accepted';

COMMENT ON TABLE  log.commands IS 'Row per command, refused ones too; projection `commands`';
COMMENT ON COLUMN log.commands.outcome IS 'accepted, or the stable code of the refusal';
COMMENT ON COLUMN log.commands.first_event_seq IS
    'Its events are first_event_seq .. first_event_seq + event_count - 1 in log.events';
