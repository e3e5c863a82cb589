-- Auctions, halts and price bands, of each security and of the market as a whole. Projection `securities`.

ALTER TABLE reference.securities
    DROP CONSTRAINT trading_state_is_known,
    ADD CONSTRAINT trading_state_is_known
        CHECK (trading_state IN ('open', 'auction', 'pre_open', 'cancel_only', 'halted', 'closed')),
    ADD auction                  text CONSTRAINT auction_is_known
                                 CHECK (auction IN ('opening', 'closing', 'reopening')),
    ADD state_until              timestamptz,
    ADD state_cause              text NOT NULL DEFAULT 'operator',
    ADD reference_price_units    bigint CONSTRAINT reference_price_positive CHECK (reference_price_units > 0),
    ADD static_basis_points      integer NOT NULL DEFAULT 0,
    ADD dynamic_basis_points     integer NOT NULL DEFAULT 0,
    ADD halt_us                  bigint NOT NULL DEFAULT 0,
    ADD auction_us               bigint NOT NULL DEFAULT 0,
    ADD indicated_price_units    bigint,
    ADD indicated_paired_units   bigint,
    ADD indicated_imbalance_units bigint,
    ADD indicated_imbalance_side text,
    ADD indicated_at             timestamptz,
    ADD auction_price_units      bigint,
    ADD auction_paired_units     bigint,
    ADD auction_at               timestamptz,
    ADD CONSTRAINT auction_has_a_kind CHECK (trading_state <> 'auction' OR auction IS NOT NULL),
    ADD CONSTRAINT indication_is_whole CHECK (
        num_nulls(indicated_paired_units, indicated_imbalance_units, indicated_at) IN (0, 3)
        AND (indicated_at IS NOT NULL OR num_nonnulls(indicated_price_units, indicated_imbalance_side) = 0)),
    ADD CONSTRAINT result_is_whole CHECK (
        num_nulls(auction_paired_units, auction_at) IN (0, 2)
        AND (auction_at IS NOT NULL OR auction_price_units IS NULL));
COMMENT ON COLUMN reference.securities.trading_state IS
    'Its own; the severer of it and the market''s is in force (view api.securities)';
COMMENT ON COLUMN reference.securities.auction IS 'Which auction, where the state is one or leads to one; null: none';
COMMENT ON COLUMN reference.securities.state_until IS 'When the clock makes the next step; null: an operator does';
COMMENT ON COLUMN reference.securities.state_cause IS 'Who made the newest change: operator, volatility, clock';
COMMENT ON COLUMN reference.securities.reference_price_units IS
    'Centre of the static band: as set, or the price of the newest auction since; null: none';
COMMENT ON COLUMN reference.securities.static_basis_points IS 'Half-width around the reference price; 0: no band';
COMMENT ON COLUMN reference.securities.dynamic_basis_points IS 'Half-width around the last price; 0: no band';
COMMENT ON COLUMN reference.securities.halt_us IS 'A trade beyond a band halts for so long, then';
COMMENT ON COLUMN reference.securities.auction_us IS 'gathers orders for so long and reopens by auction; 0 and 0: neither';
COMMENT ON COLUMN reference.securities.indicated_price_units IS
    'What the auction in progress would trade at; null while it would not';
COMMENT ON COLUMN reference.securities.indicated_at IS 'Of the newest indication; null when no auction is in progress';
COMMENT ON COLUMN reference.securities.auction_price_units IS 'At which the newest auction traded; null: it did not';
COMMENT ON COLUMN reference.securities.auction_at IS 'When the newest auction was matched; null: there was none';

CREATE TABLE reference.market (
    market_id     smallint    PRIMARY KEY CONSTRAINT there_is_one CHECK (market_id = 1),
    trading_state text        NOT NULL
                  CONSTRAINT trading_state_is_known
                  CHECK (trading_state IN ('open', 'auction', 'pre_open', 'cancel_only', 'halted', 'closed')),
    state_reason  text,
    auction       text        CONSTRAINT auction_is_known CHECK (auction IN ('opening', 'closing', 'reopening')),
    state_until   timestamptz,
    state_cause   text        NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_seq   bigint      NOT NULL,
    CONSTRAINT auction_has_a_kind CHECK (trading_state <> 'auction' OR auction IS NOT NULL)
);
COMMENT ON TABLE reference.market IS
    'The state of the market as a whole: one row, none before its first change (open); projection `securities`';

-- How severe a state is: of two the severer is in force.
CREATE FUNCTION reference.severity(trading_state text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['open', 'auction', 'pre_open', 'cancel_only', 'halted', 'closed'], trading_state);
