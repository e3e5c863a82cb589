-- A copy of a projection's tables is filled from the first event: first the rows, then the indexes that filling them
-- does not use. An index built once from all rows costs a fraction of one that grows with every row.

-- B-tree and GIN indexes that keep nothing unique go from all tables of the copy; from those to which the projection
-- only adds rows, the unique ones and the primary keys go too. BRIN costs next to nothing, and retention asks it.
CREATE FUNCTION projections.drop_late_indexes(copy text, table_names text[], appended text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE WHEN k.oid IS NULL THEN format('DROP INDEX %I.%I', copy, x.relname)
                    ELSE format('ALTER TABLE %I.%I DROP CONSTRAINT %I', copy, t.relname, k.conname) END
          FROM pg_class t
          JOIN pg_index i ON i.indrelid = t.oid
          JOIN pg_class x ON x.oid = i.indexrelid
          JOIN pg_am m ON m.oid = x.relam
          LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.conrelid = t.oid
         WHERE t.relnamespace = copy::regnamespace AND t.relname = ANY(table_names)
           AND m.amname IN ('btree', 'gin') AND (NOT i.indisunique OR t.relname = ANY(appended))
         ORDER BY x.oid
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION projections.drop_late_indexes(text, text[], text[]) IS
    'Drops from a fresh copy of these tables the indexes that projections.add_late_indexes() makes when it is filled; '
    'of tables `appended`, all but BRIN';

CREATE FUNCTION projections.add_late_indexes(serving text, copy text, table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET max_parallel_maintenance_workers = 0 AS $$
DECLARE
    source CONSTANT regclass := format('%I.%I', serving, table_name)::regclass;
    statements text[];
    statement text;
BEGIN
    -- Names of the serving schema come without it, so that they mean the copy when they are executed.
    PERFORM set_config('search_path', quote_ident(serving), true);
    WITH missing AS (
        SELECT x.oid, x.relname, k.oid AS constraint_oid, k.conname
          FROM pg_index i
          JOIN pg_class x ON x.oid = i.indexrelid
          LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.conrelid = source
         WHERE i.indrelid = source
           AND NOT EXISTS (SELECT FROM pg_class c
                            WHERE c.relnamespace = copy::regnamespace AND c.relname = x.relname))
    SELECT array_agg(s.statement ORDER BY s.place, s.oid) INTO statements FROM (
        -- Of a partitioned table, with all its partitions: not ON ONLY.
        SELECT 1 AS place, oid,
               CASE WHEN constraint_oid IS NULL
                    THEN regexp_replace(pg_get_indexdef(oid, 0, true), ' ON ONLY ', ' ON ')
                    ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', table_name, conname,
                                pg_get_constraintdef(constraint_oid)) END AS statement
          FROM missing
        UNION ALL
        SELECT 2, oid, format('COMMENT ON INDEX %I IS %L', relname, obj_description(oid, 'pg_class'))
          FROM missing WHERE obj_description(oid, 'pg_class') IS NOT NULL
        UNION ALL
        SELECT 3, oid, format('COMMENT ON CONSTRAINT %I ON %I IS %L', conname, table_name,
                              obj_description(constraint_oid, 'pg_constraint'))
          FROM missing WHERE obj_description(constraint_oid, 'pg_constraint') IS NOT NULL) s;
    PERFORM set_config('search_path', quote_ident(copy) || ', ' || quote_ident(serving), true);
    FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION projections.add_late_indexes(text, text, text) IS
    'Makes the indexes that this table of schema `copy` lacks of its namesake''s in schema `serving`';
