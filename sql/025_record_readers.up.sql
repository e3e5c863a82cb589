-- From the tables of 024 to functions that read the bytes of records. What people call is in 027.
--
-- record_format.make_readers() makes one function per record and version, which reads its bytes with one expression:
-- no table is looked at while records are read. Whatever contradicts the format raises SQLSTATE XX001 (data_corrupted)
-- with a message that begins with the event_seq.

CREATE FUNCTION record_format.refuse(event_seq bigint, problem text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'event %: %', event_seq, problem USING ERRCODE = 'data_corrupted',
        HINT = 'SELECT * FROM eventstore.journal_damage() names every damaged block.';
END
$$;
COMMENT ON FUNCTION record_format.refuse(bigint, text) IS
    'Raises data_corrupted: the stored bytes of this event are no record';

-- Numbers, little-endian. REQUIRES: the bytes are there.
CREATE FUNCTION record_format.u16(b bytea, at integer) RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
    RETURN get_byte(b, at) | (get_byte(b, at + 1) << 8);
CREATE FUNCTION record_format.u32(b bytea, at integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (get_byte(b, at) | (get_byte(b, at + 1) << 8) | (get_byte(b, at + 2) << 16))
           | (get_byte(b, at + 3)::bigint << 24);
CREATE FUNCTION record_format.i64(b bytea, at integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (get_byte(b, at) | (get_byte(b, at + 1) << 8) | (get_byte(b, at + 2) << 16))
           | (get_byte(b, at + 3)::bigint << 24) | (get_byte(b, at + 4)::bigint << 32)
           | (get_byte(b, at + 5)::bigint << 40) | (get_byte(b, at + 6)::bigint << 48)
           | (get_byte(b, at + 7)::bigint << 56);

-- The same at a place that may lie behind the end.
CREATE FUNCTION record_format.byte_at(event_seq bigint, b bytea, at integer) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN at < length(b) THEN get_byte(b, at)
                ELSE record_format.refuse(event_seq, 'a record ends within a field')::integer END;

CREATE FUNCTION record_format.unsigned_text(value bigint) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN value >= 0 THEN value::text ELSE (value + 18446744073709551616)::text END;
END
$$;
CREATE FUNCTION record_format.id_at(prefix text, b bytea, at integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    id CONSTANT bigint := record_format.i64(b, at);
BEGIN
    RETURN CASE WHEN id > 0 THEN prefix || '_' || id
                WHEN id < 0 THEN prefix || '_' || record_format.unsigned_text(id) END;
END
$$;
CREATE FUNCTION record_format.hex_at(b bytea, at integer) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN lpad(to_hex(record_format.i64(b, at)), 16, '0');
END
$$;
CREATE FUNCTION record_format.money_at(b bytea, at integer) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    low CONSTANT bigint := record_format.i64(b, at);
    high CONSTANT bigint := record_format.i64(b, at + 8);
BEGIN
    IF high = 0 AND low >= 0 THEN
        RETURN low * 0.00000001;
    END IF;
    RETURN (high * 18446744073709551616 + record_format.unsigned_text(low)::numeric) * 0.00000001;
END
$$;

-- RFC 3339, in the years 0000 to 9999; 0 is no time.
CREATE FUNCTION record_format.time_text(us bigint) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    day CONSTANT bigint := 86400000000;
    shown CONSTANT bigint := least(greatest(us, -62167219200000000), 253402300799999999);
    in_day CONSTANT bigint := ((shown % day) + day) % day;
    instant CONSTANT timestamp := date '1970-01-01' + ((shown - in_day) / day)::integer
                                  + in_day * interval '1 microsecond';
BEGIN
    RETURN CASE WHEN us = 0 THEN NULL
                WHEN shown < -62135596800000000 THEN to_char(instant, '"0000"-MM-DD"T"HH24:MI:SS.US"Z"')
                ELSE to_char(instant, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END;
END
$$;
CREATE FUNCTION record_format.instant(us bigint) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    day CONSTANT bigint := 86400000000;
    shown CONSTANT bigint := least(greatest(us, -62167219200000000), 253402300799999999);
    in_day CONSTANT bigint := ((shown % day) + day) % day;
BEGIN
    RETURN (date '1970-01-01' + ((shown - in_day) / day)::integer + in_day * interval '1 microsecond')
           AT TIME ZONE 'UTC';
END
$$;

-- Text of whatever bytes: what is not UTF-8, and U+0000, which jsonb does not know, is U+FFFD.
CREATE FUNCTION record_format.text_of(bytes bytea) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    repaired text := '';
    at integer := 0;
    size integer;
BEGIN
    BEGIN
        RETURN convert_from(bytes, 'UTF8');
    EXCEPTION WHEN character_not_in_repertoire THEN
        NULL;
    END;
    WHILE at < length(bytes) LOOP
        size := CASE WHEN get_byte(bytes, at) BETWEEN 1 AND 127 THEN 1
                     WHEN get_byte(bytes, at) BETWEEN 194 AND 223 THEN 2
                     WHEN get_byte(bytes, at) BETWEEN 224 AND 239 THEN 3
                     WHEN get_byte(bytes, at) BETWEEN 240 AND 244 THEN 4
                     ELSE 0 END;
        BEGIN
            IF size = 0 OR at + size > length(bytes) THEN
                RAISE character_not_in_repertoire;
            END IF;
            repaired := repaired || convert_from(substring(bytes FROM at + 1 FOR size), 'UTF8');
            at := at + size;
        EXCEPTION WHEN character_not_in_repertoire THEN
            repaired := repaired || U&'\FFFD';
            at := at + 1;
        END;
    END LOOP;
    RETURN repaired;
END
$$;
CREATE FUNCTION record_format.text_at(event_seq bigint, name text, most integer, b bytea, at integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    bytes CONSTANT bytea := substring(b FROM at + 2 FOR get_byte(b, at));
    plain CONSTANT text := encode(bytes, 'escape');  -- of the same length exactly where all is ASCII
BEGIN
    IF get_byte(b, at) > most THEN
        RETURN record_format.refuse(event_seq, name || ' is longer than its type');
    END IF;
    RETURN CASE WHEN length(plain) = length(bytes) THEN nullif(plain, '') ELSE record_format.text_of(bytes) END;
END
$$;

-- CRC-32C (Castagnoli, reflected 0x82F63B78), a byte at a time: some 2 MB/s.
DO $do$
DECLARE
    entries bigint[] := '{}';
    entry bigint;
BEGIN
    FOR i IN 0 .. 255 LOOP
        entry := i;
        FOR bit IN 1 .. 8 LOOP
            entry := (entry >> 1) # CASE entry & 1 WHEN 1 THEN x'82F63B78'::bigint ELSE 0 END;
        END LOOP;
        entries := entries || entry;
    END LOOP;
    EXECUTE format($f$
CREATE FUNCTION record_format.crc32c(b bytea) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    entries CONSTANT bigint[] := %L;
    crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(b) - 1 LOOP
        crc := entries[((crc # get_byte(b, i)) & 255) + 1] # (crc >> 8);
    END LOOP;
    RETURN crc # 4294967295;
END
$body$
$f$, entries);
END
$do$;

-- The JSON value of one field of fixed size, or of a text, that lies at `at`: an SQL expression of event_seq and b.
CREATE FUNCTION record_format.value_of(field record_format.fields, at text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    unknown CONSTANT text := format('record_format.refuse(event_seq, %L)', field.name || ' is not an enumerator');
    words text;
BEGIN
    IF field.optional THEN
        field.optional := false;
        RETURN format('CASE get_byte(b, %s) WHEN 0 THEN NULL WHEN 1 THEN to_jsonb(%s) ELSE '
                      'record_format.refuse(event_seq, %L)::jsonb END',
                      at, record_format.value_of(field, at || ' + 1'), field.name || ' is neither there nor absent');
    END IF;
    CASE field.format
        WHEN 'boolean' THEN
            RETURN format('CASE get_byte(b, %s) WHEN 0 THEN false WHEN 1 THEN true ELSE '
                          'record_format.refuse(event_seq, %L)::boolean END', at, field.name || ' is neither 0 nor 1');
        WHEN 'unsigned' THEN
            RETURN format(CASE field.size WHEN 1 THEN 'get_byte(b, %s)' ELSE 'record_format.u32(b, %s)' END, at);
        WHEN 'signed' THEN RETURN format('record_format.i64(b, %s)', at);
        WHEN 'units' THEN RETURN format('record_format.i64(b, %s)::text', at);
        WHEN 'hex' THEN RETURN format('record_format.hex_at(b, %s)', at);
        WHEN 'key' THEN
            RETURN format('%L || nullif(record_format.hex_at(b, %s), %L)', 'key_', at, repeat('0', 16));
        WHEN 'id' THEN
            RETURN CASE field.size
                WHEN 8 THEN format('record_format.id_at(%L, b, %s)', field.argument, at)
                ELSE format('%L || nullif(record_format.u32(b, %s), 0)', field.argument || '_', at) END;
        WHEN 'money' THEN RETURN format('record_format.money_at(b, %s)', at);
        WHEN 'time' THEN RETURN format('record_format.time_text(record_format.i64(b, %s))', at);
        WHEN 'secret' THEN RETURN 'NULL::text';
        WHEN 'text' THEN
            RETURN format('record_format.text_at(event_seq, %L, %s, b, %s)', field.name, field.size, at);
        WHEN 'word' THEN
            SELECT string_agg(format('WHEN %s THEN %L', w.value, w.word), ' ' ORDER BY w.value) INTO words
              FROM record_format.words w WHERE w.vocabulary = field.argument;
            RETURN format('CASE get_byte(b, %s) %s ELSE %s END', at, words, unknown);
        WHEN 'set' THEN
            SELECT string_agg(format('CASE WHEN get_byte(b, %s) & %s <> 0 THEN %L END', at, w.value, w.word), ', '
                              ORDER BY w.value) INTO words
              FROM record_format.words w WHERE w.vocabulary = field.argument;
            RETURN format('CASE WHEN get_byte(b, %s) & ~%s <> 0 THEN %s::jsonb ELSE '
                          'to_jsonb(array_remove(ARRAY[%s]::text[], NULL)) END', at,
                          (SELECT sum(w.value) FROM record_format.words w WHERE w.vocabulary = field.argument),
                          unknown, words);
    END CASE;
END
$$;

-- The body of a reader: statements that find the places of the fields, and the expression of the record's JSON. The
-- fields lie `skip` bytes behind `base`, a variable or a number; behind a field of varying size a new variable begins.
CREATE FUNCTION record_format.reader_of(record_name text, record_version smallint, INOUT base text, INOUT skip integer,
                                        INOUT variables integer, OUT statements text, OUT expression text)
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

-- order_accepted_v2(event_seq, b): the JSON of a record's fields, whose bytes are exactly b.
CREATE FUNCTION record_format.reader_name(record_name text, record_version smallint) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN lower(regexp_replace(record_name, '([a-z])([A-Z])', '\1_\2', 'g')) || '_v' || record_version;
CREATE FUNCTION record_format.make_reader(record_name text, record_version smallint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    reader CONSTANT record := record_format.reader_of(record_name, record_version, '0', 0, 0);
    declarations text;
BEGIN
    SELECT coalesce(string_agg('at' || n || ' integer; ', '' ORDER BY n), '') INTO declarations
      FROM generate_series(1, reader.variables) n;
    EXECUTE format($f$
CREATE OR REPLACE FUNCTION record_format.%1$I(event_seq bigint, b bytea) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    %2$s list jsonb;
BEGIN%3$s
    IF length(b) <> %4$s + %5$s THEN
        PERFORM record_format.refuse(event_seq, %6$L || (%4$s + %5$s) || ' bytes, not ' || length(b));
    END IF;
    RETURN %7$s;
END
$body$
$f$, record_format.reader_name(record_name, record_version), declarations, reader.statements, reader.base,
           reader.skip, format('the fields of %s version %s take ', record_name, record_version), reader.expression);
END
$$;

-- What an event's stream is: an expression of `payload` and `command`, its type or (is_id) its number.
CREATE FUNCTION record_format.stream_of(stream text[], is_id boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    parts text[];
    branch text;
    expression text;
BEGIN
    FOR i IN REVERSE cardinality(stream) .. 1 LOOP
        parts := string_to_array(stream[i], ':');
        branch := CASE WHEN NOT is_id THEN quote_literal(parts[1])
                       WHEN parts[1] = 'command' THEN 'command'
                       WHEN parts[2] IS NULL THEN '0'
                       ELSE format('record_format.number_of(payload ->> %L)', parts[2]) END;
        expression := CASE WHEN expression IS NULL THEN branch
                           ELSE format('CASE WHEN payload ->> %L IS NOT NULL THEN %s ELSE %s END', parts[2], branch,
                                       expression) END;
    END LOOP;
    RETURN expression;
END
$$;
CREATE FUNCTION record_format.number_of(id text) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    number CONSTANT numeric := coalesce(split_part(id, '_', 2), '0')::numeric;
BEGIN
    RETURN CASE WHEN number > 9223372036854775807 THEN number - 18446744073709551616 ELSE number END;
END
$$;

CREATE FUNCTION record_format.make_readers() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    readers text;
    names text;
    stream_types text;
    stream_ids text;
BEGIN
    PERFORM record_format.make_reader(t.name, v.version)
       FROM record_format.types t JOIN record_format.versions v ON v.record = t.name;
    SELECT string_agg(format('WHEN %s THEN record_format.%I(event_seq, b)', (t.kind << 24) + (t.type << 16) + v.version,
                             record_format.reader_name(t.name, v.version)), ' ' ORDER BY t.kind, t.type, v.version)
      INTO readers FROM record_format.types t JOIN record_format.versions v ON v.record = t.name;
    SELECT string_agg(format('WHEN %s THEN %L', (kind << 8) + type, name), ' ' ORDER BY kind, type) INTO names
      FROM record_format.types;
    SELECT string_agg(format('WHEN %s THEN %s', type, record_format.stream_of(stream, false)), ' ' ORDER BY type),
           string_agg(format('WHEN %s THEN %s', type, record_format.stream_of(stream, true)), ' ' ORDER BY type)
      INTO stream_types, stream_ids FROM record_format.types WHERE kind = 2;
    EXECUTE format($f$
CREATE OR REPLACE FUNCTION record_format.payload_of(kind integer, type integer, version integer, event_seq bigint,
                                                    b bytea)
RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE (kind << 24) + (type << 16) + version %s
    ELSE record_format.refuse(event_seq, format('version %%s of type %%s of kind %%s is not known', version, type,
                                                kind))::jsonb END;
CREATE OR REPLACE FUNCTION record_format.type_name(event_seq bigint, kind integer, type integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE (kind << 8) + type %s
    ELSE record_format.refuse(event_seq, 'type ' || type || ' of kind ' || kind || ' is not known') END;
CREATE OR REPLACE FUNCTION record_format.stream_type(type integer, payload jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE type %s END;
CREATE OR REPLACE FUNCTION record_format.stream_id(type integer, payload jsonb, command bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE RETURN CASE type %s END;
CREATE OR REPLACE FUNCTION record_format.outcome_of(event_seq bigint, b bytea) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN nullif(%s, 'none');
$f$, readers, names, stream_types, stream_ids,
     record_format.value_of((SELECT f FROM record_format.fields f
                              WHERE f.record = 'CommandRejected' AND f.name = 'reason'), '0'));
END
$$;
COMMENT ON FUNCTION record_format.make_readers() IS
    'Makes the readers of every record and version anew, from the tables';
SELECT record_format.make_readers();

-- The records of one block, in order. A command's header, outcome and number of events are taken off its body; its
-- events, and a digest behind them, carry it too. event_seq: of a command its first event's, of a digest the last one
-- before it.
CREATE FUNCTION record_format.unpack(first_seq bigint, last_seq bigint, format_version integer, payload bytea,
                                     check_crc boolean)
RETURNS TABLE (kind integer, type integer, version integer, event_seq bigint, command_seq bigint, command_type integer,
               occurred_at timestamptz, actor bigint, request_id text, outcome text, event_count bigint, body bytea)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 COST 1000 AS $$
DECLARE
    b CONSTANT bytea := payload || ''::bytea;  -- out of its TOAST once, not for every byte
    total CONSTANT integer := length(b);
    at integer := 0;  -- of the record
    size bigint;      -- of its body
    skip integer;     -- where its fields begin
    awaited bigint := 0;
BEGIN
    IF format_version <> 1 THEN
        PERFORM record_format.refuse(first_seq, 'format version ' || format_version || ' of its block is not known');
    END IF;
    event_seq := first_seq - 1;
    WHILE at < total LOOP
        IF total - at < 12 THEN
            PERFORM record_format.refuse(event_seq + 1, 'a record''s frame is cut off');
        END IF;
        size := record_format.u32(b, at);
        IF size > total - at - 12 THEN
            PERFORM record_format.refuse(event_seq + 1, 'a record is longer than the payload');
        END IF;
        IF check_crc AND record_format.crc32c(substring(b FROM at + 9 FOR 4 + size::integer))
                         <> record_format.u32(b, at + 4) THEN
            PERFORM record_format.refuse(event_seq + 1, 'the checksum does not match');
        END IF;
        kind := get_byte(b, at + 8);
        type := get_byte(b, at + 9);
        version := record_format.u16(b, at + 10);
        at := at + 12;
        IF kind = 2 THEN
            IF awaited = 0 THEN
                PERFORM record_format.refuse(event_seq + 1, 'an event follows no command');
            END IF;
            event_seq := event_seq + 1;
            awaited := awaited - 1;
            body := substring(b FROM at + 1 FOR size::integer);
            RETURN NEXT;
        ELSIF awaited <> 0 THEN
            PERFORM record_format.refuse(event_seq + 1, 'another record comes before it');
        ELSIF kind = 1 THEN
            skip := at + 26;  -- behind seq, time, actor and the request id, which is a text
            IF size >= 26 THEN
                skip := skip - 5 + get_byte(b, at + 20);
            END IF;
            IF size < 26 OR skip + 5 > at + size THEN
                PERFORM record_format.refuse(event_seq + 1, 'the header of its command is cut off');
            END IF;
            command_seq := record_format.i64(b, at);
            occurred_at := record_format.instant(record_format.i64(b, at + 8));
            actor := record_format.u32(b, at + 16);
            request_id := record_format.text_at(event_seq + 1, 'request_id', 64, b, at + 20);
            outcome := coalesce(record_format.outcome_of(event_seq + 1, substring(b FROM skip + 1 FOR 1)), 'accepted');
            event_count := record_format.u32(b, skip + 1);
            command_type := type;
            body := substring(b FROM skip + 6 FOR at + size::integer - skip - 5);
            awaited := event_count;
            IF awaited = 0 THEN
                PERFORM record_format.refuse(event_seq + 1, 'a command has no event');
            END IF;
            event_seq := event_seq + 1;  -- of its first event
            RETURN NEXT;
            event_seq := event_seq - 1;
        ELSIF kind = 3 THEN
            IF type <> 0 OR version <> 1 OR size <> 32 THEN
                PERFORM record_format.refuse(event_seq, 'the digest behind it is not known');
            END IF;
            body := substring(b FROM at + 1 FOR 32);
            IF record_format.i64(body, 0) > event_seq OR record_format.i64(body, 8) <> event_seq THEN
                PERFORM record_format.refuse(event_seq, 'the digest behind it is of other events');
            END IF;
            RETURN NEXT;
        ELSE
            PERFORM record_format.refuse(event_seq + 1, 'a record of kind ' || kind || ' is not known');
        END IF;
        at := at + size::integer;
    END LOOP;
    IF awaited <> 0 OR event_seq <> last_seq THEN
        PERFORM record_format.refuse(event_seq + 1, 'its block ends before it, but claims to end with ' || last_seq);
    END IF;
END
$$;
