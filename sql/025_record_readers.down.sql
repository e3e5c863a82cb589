-- The readers that make_readers() made included; some go with those that they are called by.
DO $$
DECLARE
    routine text;
BEGIN
    FOREACH routine IN ARRAY ARRAY(SELECT oid::regprocedure::text FROM pg_proc
                                    WHERE pronamespace = 'record_format'::regnamespace) LOOP
        EXECUTE 'DROP FUNCTION IF EXISTS ' || routine || ' CASCADE';
    END LOOP;
END
$$;
