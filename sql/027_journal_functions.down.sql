DROP FUNCTION eventstore.journal_damage(bigint, bigint, boolean);
DROP FUNCTION eventstore.read_block(eventstore.journal, boolean);
DROP FUNCTION eventstore.hash_of_block(bytea, eventstore.journal);
DROP FUNCTION eventstore.little_endian(bigint, integer);
DROP FUNCTION eventstore.journal_digests(bigint, bigint);
DROP FUNCTION eventstore.journal_commands(bigint, bigint, boolean);
DROP FUNCTION eventstore.journal_events(bigint, bigint, boolean);
DROP FUNCTION eventstore.journal_records(bigint, bigint, boolean);
DROP FUNCTION eventstore.first_seq_of_block(bigint);
