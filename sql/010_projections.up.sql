-- Where each projection stands in the log, and the helper that makes partitions ahead.

CREATE SCHEMA projections;
COMMENT ON SCHEMA projections IS 'Control of the read models: checkpoints, states, errors';

CREATE TABLE projections.status (
    name           text        PRIMARY KEY CONSTRAINT name_is_a_word CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    version        integer     NOT NULL DEFAULT 1,
    status         text        NOT NULL DEFAULT 'stopped'
                   CONSTRAINT status_is_known CHECK (status IN ('running', 'rebuilding', 'stopped', 'error')),
    checkpoint     bigint      NOT NULL DEFAULT 0 CONSTRAINT checkpoint_not_negative CHECK (checkpoint >= 0),
    events_applied bigint      NOT NULL DEFAULT 0 CONSTRAINT events_applied_not_negative CHECK (events_applied >= 0),
    error_count    bigint      NOT NULL DEFAULT 0,
    last_error     text        NOT NULL DEFAULT '',
    error_seq      bigint,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT error_has_a_reason CHECK (status <> 'error' OR last_error <> '')
) WITH (fillfactor = 50);  -- one row each, rewritten with every batch: room for HOT updates

COMMENT ON TABLE projections.status IS
    'One row per projection; the checkpoint moves in the transaction that applies its events';
COMMENT ON COLUMN projections.status.version IS 'Of the code that built the tables; another version means: rebuild';
COMMENT ON COLUMN projections.status.checkpoint IS
    'Last event_seq that the tables contain; moved by compare-and-set only';
COMMENT ON COLUMN projections.status.events_applied IS 'Events applied since the row exists, rebuilds included';
COMMENT ON COLUMN projections.status.last_error IS 'The newest failure, kept after recovery; empty when there was none';
COMMENT ON COLUMN projections.status.error_seq IS 'First event of the block that failed; null unless status is error';

INSERT INTO projections.status (name)
VALUES ('events'), ('commands'), ('users'), ('securities'), ('listings'), ('bids'), ('trades'), ('portfolio'),
       ('market_data');

-- Makes the partition `child` of `parent` for [lower_bound, upper_bound) if it is missing; says whether it did.
-- Built beside and attached: that lock lets readers and writers of the parent go on, where CREATE ... PARTITION OF
-- would stop them until the caller's transaction ends.
CREATE FUNCTION projections.ensure_partition(parent regclass, child text, lower_bound text, upper_bound text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    qualified text;
BEGIN
    SELECT format('%I.%I', n.nspname, child) INTO qualified
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent;
    IF to_regclass(qualified) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', qualified, parent);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                   parent, qualified, lower_bound, upper_bound);
    RETURN true;
END
$$;
