CREATE TEMP TABLE readers_of_029 ON COMMIT DROP AS
SELECT format('record_format.%I(bigint, bytea)', record_format.reader_name(v.record, v.version)) AS reader
  FROM record_format.versions v JOIN record_format.types t ON t.name = v.record
 WHERE (t.kind = 1 AND t.type >= 19) OR (t.kind = 2 AND t.type >= 31)
    OR (v.record IN ('OrderAccepted', 'TradeExecuted') AND v.version = 3);
DELETE FROM record_format.fields
 WHERE record IN (SELECT name FROM record_format.types WHERE (kind = 1 AND type >= 19) OR (kind = 2 AND type >= 31))
    OR (record = 'OrderAccepted' AND position > 27) OR (record = 'TradeExecuted' AND position > 15);
DELETE FROM record_format.versions
 WHERE record IN (SELECT name FROM record_format.types WHERE (kind = 1 AND type >= 19) OR (kind = 2 AND type >= 31))
    OR (record IN ('OrderAccepted', 'TradeExecuted') AND version = 3);
DELETE FROM record_format.types WHERE (kind = 1 AND type >= 19) OR (kind = 2 AND type >= 31);
DELETE FROM record_format.words
 WHERE vocabulary IN ('accreditation_basis', 'accreditation_status', 'asset_class', 'exemption', 'kyc_status',
                      'settlement_step')
    OR (vocabulary = 'reject_reason' AND value BETWEEN 60 AND 68);
-- The body of a reader: statements that find the places of the fields, and the expression of the record's JSON. The
-- fields lie `skip` bytes behind `base`, a variable or a number; behind a field of varying size a new variable begins.
CREATE OR REPLACE FUNCTION record_format.reader_of(
    record_name text, record_version smallint, INOUT base text, INOUT skip integer, INOUT variables integer,
    OUT statements text, OUT expression text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    layout record_format.versions;
    field record_format.fields;
    nested record;
    at text;
    value text;
    members text[] := '{}';
BEGIN
    statements := '';
    SELECT * INTO STRICT layout FROM record_format.versions v
     WHERE v.record = record_name AND v.version = record_version;
    FOR field IN SELECT * FROM record_format.fields f WHERE f.record = record_name ORDER BY f.position LOOP
        at := format('%s + %s', base, skip);
        IF field.position > layout.field_count THEN
            value := format('%L::jsonb', field.default_json);
        ELSIF field.format = 'record' THEN
            SELECT * INTO nested
              FROM record_format.reader_of(field.argument, layout.nested_version, base, skip, variables);
            base := nested.base;
            skip := nested.skip;
            variables := nested.variables;
            statements := statements || nested.statements;
            value := nested.expression;
        ELSIF field.format = 'list' THEN
            base := 'at' || variables + 1;
            SELECT * INTO nested
              FROM record_format.reader_of(field.argument, layout.nested_version, base, 0, variables + 1);
            variables := nested.variables;
            statements := statements || format($f$
    IF record_format.byte_at(event_seq, b, %1$s) > %2$s THEN
        PERFORM record_format.refuse(event_seq, %3$L);
    END IF;
    %4$s := %1$s + 1;
    list := '[]';
    FOR i IN 1 .. get_byte(b, %1$s) LOOP
        %5$s
        IF length(b) < %6$s THEN
            PERFORM record_format.refuse(event_seq, 'a record ends within a field');
        END IF;
        list := list || %7$s;
        %4$s := %6$s;
    END LOOP;$f$, at, field.size, field.name || ' has too many elements', base, nested.statements,
                   nested.base || ' + ' || nested.skip, nested.expression);
            skip := 0;
            value := 'list';
        ELSE
            value := record_format.value_of(field, at);
            IF field.optional OR field.format = 'text' THEN
                variables := variables + 1;
                base := 'at' || variables;
                skip := 0;
                statements := statements || format(
                    E'\n    %s := %s + 1 + %s record_format.byte_at(event_seq, b, %s);', base, at,
                    CASE WHEN field.optional THEN field.size || ' *' ELSE '' END, at);
            ELSE
                skip := skip + field.size;
            END IF;
        END IF;
        members := members || format('%L, %s', field.name, value);
    END LOOP;
    expression := 'jsonb_build_object(' || array_to_string(members, ', ') || ')';
END
$$;

SELECT record_format.make_readers();
DO $$
DECLARE
    unused text;
BEGIN
    FOR unused IN SELECT reader FROM pg_temp.readers_of_029 LOOP
        EXECUTE 'DROP FUNCTION ' || unused;
    END LOOP;
END
$$;

TRUNCATE log.events, log.streams, log.commands;
UPDATE projections.status SET checkpoint = 0 WHERE name IN ('events', 'commands');
