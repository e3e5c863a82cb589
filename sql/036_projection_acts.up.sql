-- Audit: what operators had the read models do, and why.

CREATE TABLE projections.acts (
    act_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text        NOT NULL REFERENCES projections.status ON DELETE CASCADE,
    act       text        NOT NULL CONSTRAINT act_is_known
              CHECK (act IN ('pause', 'resume', 'stop', 'rebuild', 'cancel_rebuild', 'skip', 'verify')),
    event_seq bigint      CONSTRAINT skip_names_its_event CHECK ((act = 'skip') = (event_seq IS NOT NULL)),
    reason    text        NOT NULL,
    actor     text        NOT NULL CONSTRAINT actor_is_given CHECK (actor <> ''),
    at        timestamptz NOT NULL DEFAULT now()
);
-- Query: what was done with this projection, newest first.
CREATE INDEX acts_of_projection ON projections.acts (name, act_id);

COMMENT ON TABLE projections.acts IS 'Audit: row per act of an operator that was done; the API and the command line write it';
COMMENT ON COLUMN projections.acts.act_id IS 'In the order in which they were recorded';
COMMENT ON COLUMN projections.acts.name IS 'The projection';
COMMENT ON COLUMN projections.acts.act IS 'What its worker, or the server, was told to do';
COMMENT ON COLUMN projections.acts.event_seq IS 'The event that may be passed over; null unless act is skip';
COMMENT ON COLUMN projections.acts.reason IS 'In the words of the operator; empty: none was given on the command line';
COMMENT ON COLUMN projections.acts.actor IS 'Who did it: login name and host, or user_id';
COMMENT ON COLUMN projections.acts.at IS 'UTC';
