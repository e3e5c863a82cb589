-- Operators' control of the read models: what each shall do, which events it may pass over, and the copies that are
-- built beside the serving tables and take their place in one transaction.

ALTER TABLE projections.status
    DROP CONSTRAINT status_is_known,
    ADD CONSTRAINT status_is_known CHECK (status IN ('running', 'paused', 'rebuilding', 'stopped', 'error')),
    ADD COLUMN desired text NOT NULL DEFAULT 'running'
        CONSTRAINT desired_is_known CHECK (desired IN ('running', 'paused', 'stopped')),
    ADD COLUMN control_seq bigint NOT NULL DEFAULT 0 CONSTRAINT control_seq_not_negative CHECK (control_seq >= 0),
    ADD COLUMN generation bigint NOT NULL DEFAULT 1 CONSTRAINT generation_positive CHECK (generation >= 1),
    ADD COLUMN attempts integer NOT NULL DEFAULT 0 CONSTRAINT attempts_not_negative CHECK (attempts >= 0),
    ADD COLUMN events_per_s double precision NOT NULL DEFAULT 0
        CONSTRAINT events_per_s_not_negative CHECK (events_per_s >= 0),
    ALTER COLUMN version SET DEFAULT 2;
UPDATE projections.status SET version = 2;  -- what the migrations up to here left is what version 2 builds

COMMENT ON COLUMN projections.status.name IS 'The projection, as the command line names it';
COMMENT ON COLUMN projections.status.status IS
    'What its worker does: running; paused or stopped, as desired, or stopped with its process; rebuilding: it waits '
    'until tables of another version are replaced; error: it cannot take the event error_seq';
COMMENT ON COLUMN projections.status.error_count IS 'Failures since the row exists';
COMMENT ON COLUMN projections.status.error_seq IS
    'The event that failed, the first of its block where that cannot be said; null unless status is error';
COMMENT ON COLUMN projections.status.updated_at IS 'When the worker last committed, failed or stopped, UTC';
COMMENT ON COLUMN projections.status.desired IS 'What operators want; survives every restart';
COMMENT ON COLUMN projections.status.control_seq IS
    'Counts what workers have to look at: acts of operators, swaps, the end of another worker';
COMMENT ON COLUMN projections.status.generation IS
    'Which tables serve: one more with every swap. Batches commit only for the generation that they were folded for';
COMMENT ON COLUMN projections.status.attempts IS 'Failed attempts at the event error_seq; 0 after it was applied';
COMMENT ON COLUMN projections.status.events_per_s IS 'Events per second of the worker over its last second of work';

CREATE TABLE projections.skips (
    name       text        NOT NULL REFERENCES projections.status ON DELETE CASCADE,
    event_seq  bigint      NOT NULL CONSTRAINT event_seq_positive CHECK (event_seq >= 1),
    version    integer     NOT NULL,
    reason     text        NOT NULL CONSTRAINT reason_is_given CHECK (reason ~ '\S'),
    actor      text        NOT NULL CONSTRAINT actor_is_given CHECK (actor <> ''),
    last_error text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version, event_seq)
);
COMMENT ON TABLE projections.skips IS 'Audit: events that a projection passes over because an operator said so';
COMMENT ON COLUMN projections.skips.name IS 'The projection';
COMMENT ON COLUMN projections.skips.event_seq IS 'The event that is not applied';
COMMENT ON COLUMN projections.skips.version IS 'Of the projection: another version of the code tries the event again';
COMMENT ON COLUMN projections.skips.reason IS 'In the words of the operator';
COMMENT ON COLUMN projections.skips.actor IS 'Who did it: login name and host, or user_id';
COMMENT ON COLUMN projections.skips.last_error IS 'Why the event failed';
COMMENT ON COLUMN projections.skips.at IS 'When it was allowed, UTC';

CREATE TABLE projections.builds (
    name         text             PRIMARY KEY REFERENCES projections.status ON DELETE CASCADE,
    build_id     bigint           GENERATED ALWAYS AS IDENTITY,
    version      integer          NOT NULL,
    migration    integer          NOT NULL,
    checkpoint   bigint           NOT NULL DEFAULT 0 CONSTRAINT checkpoint_not_negative CHECK (checkpoint >= 0),
    events_per_s double precision NOT NULL DEFAULT 0
                 CONSTRAINT events_per_s_not_negative CHECK (events_per_s >= 0),
    last_error   text             NOT NULL DEFAULT '',
    started_at   timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE projections.builds IS
    'Row per copy that is built beside the serving tables; gone when it serves or was cancelled';
COMMENT ON COLUMN projections.builds.name IS 'The projection';
COMMENT ON COLUMN projections.builds.build_id IS 'One per copy: who built an earlier one sees that it is gone';
COMMENT ON COLUMN projections.builds.version IS 'Of the code that builds; only that version goes on with it';
COMMENT ON COLUMN projections.builds.migration IS
    'The newest migration when the copy was begun; after another one it is begun again';
COMMENT ON COLUMN projections.builds.checkpoint IS 'Last event_seq that the copy contains';
COMMENT ON COLUMN projections.builds.events_per_s IS 'Events per second of the last batch';
COMMENT ON COLUMN projections.builds.last_error IS 'Why the last batch failed; empty when it did not';
COMMENT ON COLUMN projections.builds.started_at IS 'UTC';
COMMENT ON COLUMN projections.builds.updated_at IS 'When the last batch committed or failed, UTC';

-- What makes one table of schema `copy` as its namesake of schema `serving` is: columns, checks, defaults, comments,
-- storage, grants, indexes and their names, partitions and theirs. Not foreign keys and triggers.
CREATE FUNCTION projections.copy_table(serving text, copy text, table_name text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    source CONSTANT regclass := format('%I.%I', serving, table_name)::regclass;
    statements text[];
    statement text;
    child record;
BEGIN
    EXECUTE (SELECT format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL EXCLUDING INDEXES)', copy, table_name, serving,
                           table_name)
                    || coalesce(' PARTITION BY ' || pg_get_partkeydef(source), '')
                    || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '')
               FROM pg_class c WHERE c.oid = source);
    -- Names of the serving schema come without it, so that they mean the copy when they are executed.
    PERFORM set_config('search_path', quote_ident(serving), true);
    SELECT array_agg(s.statement ORDER BY s.place, s.oid, s.statement) INTO statements FROM (
        SELECT 1 AS place, i.indexrelid AS oid,
               coalesce((SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', table_name, k.conname,
                                       pg_get_constraintdef(k.oid))
                           FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = source),
                        pg_get_indexdef(i.indexrelid, 0, true)) AS statement
          FROM pg_index i WHERE i.indrelid = source
        UNION ALL
        SELECT 2, i.indexrelid, format('COMMENT ON INDEX %I IS %L', c.relname, obj_description(c.oid, 'pg_class'))
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = source AND obj_description(c.oid, 'pg_class') IS NOT NULL
        UNION ALL
        SELECT 3, k.oid, format('COMMENT ON CONSTRAINT %I ON %I IS %L', k.conname, table_name,
                                obj_description(k.oid, 'pg_constraint'))
          FROM pg_constraint k
         WHERE k.conrelid = source AND k.contype IN ('p', 'u', 'x')
           AND obj_description(k.oid, 'pg_constraint') IS NOT NULL
        UNION ALL
        SELECT 4, 0::oid, format('COMMENT ON TABLE %I IS %L', table_name, obj_description(source, 'pg_class'))
         WHERE obj_description(source, 'pg_class') IS NOT NULL
        UNION ALL
        SELECT 5, 0::oid, format('GRANT %s%s ON TABLE %I TO %s%s', a.privilege_type, a.columns, table_name,
                                 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                                 CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
          FROM (SELECT x.privilege_type, x.grantee, x.is_grantable, '' AS columns
                  FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = source AND x.grantee <> c.relowner
                UNION ALL
                SELECT x.privilege_type, x.grantee, x.is_grantable, format(' (%I)', t.attname)
                  FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = source AND NOT t.attisdropped) a) s;
    PERFORM set_config('search_path', quote_ident(copy) || ', ' || quote_ident(serving), true);
    FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
        EXECUTE statement;
    END LOOP;
    FOR child IN
        SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bounds
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = source ORDER BY c.oid
    LOOP
        PERFORM projections.copy_table(serving, copy, child.relname);
        EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I %s', copy, table_name, copy, child.relname,
                       child.bounds);
    END LOOP;
END
$$;
COMMENT ON FUNCTION projections.copy_table(text, text, text) IS
    'Makes an empty table in schema `copy` as the one of that name in schema `serving` is, with its partitions';

-- An empty copy of a projection's tables in a schema of its own, replacing what was left there.
CREATE FUNCTION projections.copy_tables(serving text, copy text, table_names text[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    table_name text;
    statements text[];
    statement text;
BEGIN
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', copy);
    EXECUTE format('CREATE SCHEMA %I', copy);
    FOREACH table_name IN ARRAY table_names LOOP
        PERFORM projections.copy_table(serving, copy, table_name);
    END LOOP;
    PERFORM set_config('search_path', quote_ident(serving), true);
    SELECT array_agg(s.statement ORDER BY s.oid) INTO statements FROM (
        SELECT k.oid, format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
               AS statement
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = serving::regnamespace
           AND c.relname = ANY(table_names)
        UNION ALL
        SELECT t.oid, pg_get_triggerdef(t.oid, true)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relnamespace = serving::regnamespace
           AND c.relname = ANY(table_names)) s;
    PERFORM set_config('search_path', quote_ident(copy) || ', ' || quote_ident(serving), true);
    FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION projections.copy_tables(text, text, text[]) IS
    'Makes schema `copy` with empty copies of these tables of schema `serving`: as a fresh migration would make them';

-- The tables with all their partitions, parents first.
CREATE FUNCTION projections.with_partitions(of_schema text, table_names text[]) RETURNS SETOF regclass LANGUAGE sql
STABLE SET search_path = pg_catalog AS $$
    WITH RECURSIVE tree AS (
        SELECT format('%I.%I', of_schema, n)::regclass AS relation, 0 AS depth FROM unnest(table_names) n
        UNION ALL
        SELECT i.inhrelid::regclass, t.depth + 1 FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation)
    SELECT relation FROM tree ORDER BY depth, relation
$$;

-- Puts the tables of schema `copy` in the place of those of schema `serving`, which are dropped. Views keep their
-- identity, comments and grants and are bound to the new tables.
CREATE FUNCTION projections.swap_tables(serving text, copy text, table_names text[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    old CONSTANT text := copy || '_old';
    old_tables regclass[];
    views text[];
    statement text;
    relation regclass;
BEGIN
    SELECT array_agg(t) INTO old_tables FROM projections.with_partitions(serving, table_names) t;
    FOREACH relation IN ARRAY old_tables LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', relation);
    END LOOP;
    SELECT array_agg(format('CREATE OR REPLACE VIEW %I.%I%s AS %s', n.nspname, v.relname,
                            coalesce(' WITH (' || array_to_string(v.reloptions, ', ') || ')', ''),
                            pg_get_viewdef(v.oid)) ORDER BY v.oid)
      INTO views
      FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace
     WHERE v.relkind = 'v'
       AND v.oid IN (SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
                      WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                        AND d.refobjid = ANY(old_tables::oid[]));
    EXECUTE format('CREATE SCHEMA %I', old);
    FOREACH relation IN ARRAY old_tables LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA %I', relation, old);
    END LOOP;
    FOR relation IN SELECT projections.with_partitions(copy, table_names) LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA %I', relation, serving);
    END LOOP;
    FOREACH statement IN ARRAY coalesce(views, '{}') LOOP
        EXECUTE statement;
    END LOOP;
    -- Without CASCADE: what still depends on the old tables is a reason to stop, not to drop it.
    EXECUTE 'DROP TABLE ' || (SELECT string_agg(format('%I.%I', old, n), ', ') FROM unnest(table_names) n);
    EXECUTE format('DROP SCHEMA %I', old);
    EXECUTE format('DROP SCHEMA %I', copy);
END
$$;
COMMENT ON FUNCTION projections.swap_tables(text, text, text[]) IS
    'Puts the tables of schema `copy` in the place of those of schema `serving` and drops the old ones. Waits for '
    'readers of them no longer than lock_timeout';

-- Partitions are made in the schema that the search_path names: a copy's, or else the serving one.
CREATE FUNCTION log.table_to_fill(of_table text) RETURNS regclass LANGUAGE sql STABLE AS $$
    SELECT coalesce(to_regclass(quote_ident(of_table)), ('log.' || quote_ident(of_table))::regclass)
$$;
COMMENT ON FUNCTION log.table_to_fill(text) IS 'The table of this name in the search_path, else the serving one';

CREATE OR REPLACE FUNCTION log.partitions_end(of_table text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint)
                       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                      WHERE i.inhparent = log.table_to_fill(of_table)),
                    (SELECT complete_from FROM log.extent WHERE table_name = of_table))
$$;

CREATE OR REPLACE FUNCTION log.ensure_partitions(of_table text, upto bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    size CONSTANT bigint := (SELECT partition_rows FROM log.extent WHERE table_name = of_table);
    parent CONSTANT regclass := log.table_to_fill(of_table);
    next_seq bigint := log.partitions_end(of_table);
    child text;
BEGIN
    WHILE next_seq <= upto + size LOOP
        child := format('%s_from_%s', of_table, next_seq);
        IF projections.ensure_partition(parent, child, next_seq::text,
                                        (next_seq + size)::text) AND of_table = 'events' THEN
            -- Query: one event per (stream, version), here and by log.streams; the events of a stream, in order.
            EXECUTE format('CREATE UNIQUE INDEX %I ON %s.%I (stream_type, stream_id, stream_version)',
                           child || '_stream_key',
                           (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = parent), child);
        END IF;
        next_seq := next_seq + size;
    END LOOP;
    RETURN next_seq;
END
$$;

CREATE OR REPLACE FUNCTION market_data.ensure_candle_partitions(first_time timestamptz, last_time timestamptz)
RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    lower_bound timestamptz;
BEGIN
    FOR lower_bound IN
        SELECT generate_series(date_trunc('month', first_time), last_time + interval '1 month', '1 month')
    LOOP
        PERFORM projections.ensure_partition('candles_1m'::text::regclass, to_char(lower_bound, '"candles_1m_p"YYYYMM'),
                                             lower_bound::text, (lower_bound + interval '1 month')::text);
    END LOOP;
    FOR lower_bound IN
        SELECT generate_series(date_trunc('year', first_time), last_time + interval '1 year', '1 year')
    LOOP
        PERFORM projections.ensure_partition('candles_1d'::text::regclass, to_char(lower_bound, '"candles_1d_p"YYYY'),
                                             lower_bound::text, (lower_bound + interval '1 year')::text);
    END LOOP;
END
$$;

-- A copy of the log's tables begins where the serving ones do: nothing is dropped while one is built.
ALTER FUNCTION log.drop_old_partitions() RENAME TO drop_partitions_unguarded;
CREATE FUNCTION log.drop_old_partitions() RETURNS TABLE (table_name text, partition_name text, complete_from bigint)
LANGUAGE plpgsql AS $$
BEGIN
    -- The order of locks is that of a build: the row of the projection, then the one of its copy.
    PERFORM FROM projections.status s WHERE s.name IN ('commands', 'events') ORDER BY s.name FOR UPDATE NOWAIT;
    IF EXISTS (SELECT FROM projections.builds b WHERE b.name IN ('commands', 'events')) THEN
        RAISE EXCEPTION 'a copy of the log is being built' USING ERRCODE = 'lock_not_available';
    END IF;
    RETURN QUERY SELECT * FROM log.drop_partitions_unguarded();
END
$$;
COMMENT ON FUNCTION log.drop_partitions_unguarded() IS 'The second half of log.drop_old_partitions(); not to be called';
COMMENT ON FUNCTION log.drop_old_partitions() IS
    'Drops the partitions that log.extent.keep_events lets go; a row for each. The server calls it every minute. '
    'Error 55P03 while a projection of the log is rebuilt';
