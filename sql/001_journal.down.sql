-- Takes the whole journal away, and with it everything that can be rebuilt from it.
DROP SCHEMA eventstore CASCADE;
