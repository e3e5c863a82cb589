DO $$
DECLARE
    copy name;
BEGIN
    FOR copy IN SELECT nspname FROM pg_namespace n JOIN projections.builds b ON nspname LIKE '%\_next\_' || b.name LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', copy);
    END LOOP;
END
$$;
DROP FUNCTION log.drop_old_partitions();
ALTER FUNCTION log.drop_partitions_unguarded() RENAME TO drop_old_partitions;
COMMENT ON FUNCTION log.drop_old_partitions() IS
    'Drops the partitions that log.extent.keep_events lets go; a row for each. The server calls it every minute';

CREATE OR REPLACE FUNCTION market_data.ensure_candle_partitions(first_time timestamptz, last_time timestamptz)
RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    lower_bound timestamptz;
BEGIN
    FOR lower_bound IN
        SELECT generate_series(date_trunc('month', first_time), last_time + interval '1 month', '1 month')
    LOOP
        PERFORM projections.ensure_partition('market_data.candles_1m', to_char(lower_bound, '"candles_1m_p"YYYYMM'),
                                             lower_bound::text, (lower_bound + interval '1 month')::text);
    END LOOP;
    FOR lower_bound IN
        SELECT generate_series(date_trunc('year', first_time), last_time + interval '1 year', '1 year')
    LOOP
        PERFORM projections.ensure_partition('market_data.candles_1d', to_char(lower_bound, '"candles_1d_p"YYYY'),
                                             lower_bound::text, (lower_bound + interval '1 year')::text);
    END LOOP;
END
$$;
CREATE OR REPLACE FUNCTION log.ensure_partitions(of_table text, upto bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    size CONSTANT bigint := (SELECT partition_rows FROM log.extent WHERE table_name = of_table);
    next_seq bigint := log.partitions_end(of_table);
    child text;
BEGIN
    WHILE next_seq <= upto + size LOOP
        child := format('%s_from_%s', of_table, next_seq);
        IF projections.ensure_partition(('log.' || quote_ident(of_table))::regclass, child, next_seq::text,
                                        (next_seq + size)::text) AND of_table = 'events' THEN
            EXECUTE format('CREATE UNIQUE INDEX %I ON log.%I (stream_type, stream_id, stream_version)',
                           child || '_stream_key', child);
        END IF;
        next_seq := next_seq + size;
    END LOOP;
    RETURN next_seq;
END
$$;
CREATE OR REPLACE FUNCTION log.partitions_end(of_table text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint)
                       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                      WHERE i.inhparent = ('log.' || quote_ident(of_table))::regclass),
                    (SELECT complete_from FROM log.extent WHERE table_name = of_table))
$$;

DROP FUNCTION log.table_to_fill(text);
DROP FUNCTION projections.swap_tables(text, text, text[]);
DROP FUNCTION projections.with_partitions(text, text[]);
DROP FUNCTION projections.copy_tables(text, text, text[]);
DROP FUNCTION projections.copy_table(text, text, text);
DROP TABLE projections.builds;
DROP TABLE projections.skips;
UPDATE projections.status SET status = 'stopped' WHERE status IN ('paused', 'rebuilding');
ALTER TABLE projections.status
    DROP CONSTRAINT status_is_known,
    ADD CONSTRAINT status_is_known CHECK (status IN ('running', 'rebuilding', 'stopped', 'error')),
    DROP COLUMN desired,
    DROP COLUMN control_seq,
    DROP COLUMN generation,
    DROP COLUMN attempts,
    DROP COLUMN events_per_s,
    ALTER COLUMN version SET DEFAULT 1;
