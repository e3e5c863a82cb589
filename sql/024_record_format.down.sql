DROP SCHEMA record_format CASCADE;
