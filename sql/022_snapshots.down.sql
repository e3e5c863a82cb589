DROP TABLE eventstore.snapshot_chunks;
DROP TABLE eventstore.snapshot_sections;
DROP TABLE eventstore.snapshots;
