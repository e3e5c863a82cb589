-- Orders of every type, and matches that were prevented. Projections `bids`, `listings` and `trades`.
--
-- A column's default is what a rebuild gives for the events of a log that knew nothing of it: the rows need no rebuild.

-- Where a status means more than before, and so the index over open orders.
ALTER TABLE trading.bids DROP CONSTRAINT status_matches_amounts;
ALTER TABLE trading.listings DROP CONSTRAINT status_matches_amounts;
DO $$
DECLARE
    index_name regclass;
BEGIN
    FOR index_name IN
        SELECT indexrelid::regclass FROM pg_index
        WHERE indrelid IN ('trading.bids'::regclass, 'trading.listings'::regclass)
          AND indpred IS NOT NULL AND NOT indisunique
    LOOP
        EXECUTE format('DROP INDEX %s', index_name);
    END LOOP;
END
$$;

DO $$
DECLARE
    orders text;
BEGIN
    FOREACH orders IN ARRAY ARRAY['bids', 'listings'] LOOP
        EXECUTE format($ddl$
ALTER TABLE trading.%1$I
    ADD stop_price_units       bigint  CONSTRAINT stop_price_positive CHECK (stop_price_units > 0),
    ADD trail_amount_units     bigint  CONSTRAINT trail_amount_positive CHECK (trail_amount_units > 0),
    ADD trail_basis_points     integer CONSTRAINT trail_basis_points_in_range CHECK (trail_basis_points BETWEEN 1 AND 9999),
    ADD protection_price_units bigint  CONSTRAINT protection_price_positive CHECK (protection_price_units > 0),
    ADD display_quantity_units bigint  CONSTRAINT display_quantity_positive CHECK (display_quantity_units > 0),
    ADD min_quantity_units     bigint  CONSTRAINT min_quantity_positive CHECK (min_quantity_units > 0),
    ADD all_or_none            boolean NOT NULL DEFAULT false,
    ADD reduce_only            boolean NOT NULL DEFAULT false,
    ADD self_trade_prevention  text    NOT NULL DEFAULT 'none',
    ADD expires_at             timestamptz,
    ADD group_id               bigint,
    ADD group_role             text,
    ADD prevented_units        numeric(38) NOT NULL DEFAULT 0,
    ADD activation_reason      text,
    ADD activated_at           timestamptz,
    ADD CONSTRAINT trails_one_way CHECK (num_nonnulls(trail_amount_units, trail_basis_points) <= 1),
    ADD CONSTRAINT group_is_whole CHECK (num_nulls(group_id, group_role) IN (0, 2)),
    ADD CONSTRAINT activation_is_whole CHECK (num_nulls(activation_reason, activated_at) IN (0, 2)),
    ADD CONSTRAINT status_matches_amounts CHECK (CASE status
        WHEN 'new'              THEN filled_units = 0 AND leaves_units = quantity_units
        WHEN 'held'             THEN filled_units = 0 AND leaves_units = quantity_units
        WHEN 'partially_filled' THEN filled_units > 0 AND leaves_units > 0
                                     AND leaves_units = quantity_units - filled_units
        WHEN 'filled'           THEN filled_units = quantity_units AND leaves_units = 0
        WHEN 'canceled'         THEN leaves_units = 0 AND reason IS NOT NULL
        WHEN 'expired'          THEN leaves_units = 0 AND reason IS NOT NULL
        ELSE false END)
$ddl$, orders);
        -- Query: open orders of an account (GET /v1/orders?status=open); most orders are done, so the index stays small.
        EXECUTE format('CREATE INDEX %1$s_open ON trading.%1$I (account_id, order_id) '
                       'WHERE status IN (''new'', ''held'', ''partially_filled'')', orders);
        EXECUTE format($ddl$
COMMENT ON COLUMN trading.%1$I.price_units IS
    'Limit price in units of the security''s price_scale; null for the market types';
COMMENT ON COLUMN trading.%1$I.status IS
    'new, held (waits beside the book), partially_filled, filled, canceled, expired';
COMMENT ON COLUMN trading.%1$I.stop_price_units IS
    'Its trigger; of a trailing stop, where that stood when the order was accepted or last amended';
COMMENT ON COLUMN trading.%1$I.display_quantity_units IS 'What the book shows at a time; null: all of it';
COMMENT ON COLUMN trading.%1$I.group_id IS 'order_id of the first leg of its group; the others follow it; null: none';
COMMENT ON COLUMN trading.%1$I.prevented_units IS 'Sum of its prevented matches, which self_trade_prevention ruled';
COMMENT ON COLUMN trading.%1$I.activated_at IS 'When it went live after it was held; null before, and if it never was'
$ddl$, orders);
    END LOOP;
END
$$;

ALTER TABLE trading.trades ADD auction boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN trading.trades.auction IS 'Made by an auction: both orders were in the book, the taker is the younger';

CREATE TABLE trading.prevented_matches (
    event_seq        bigint      PRIMARY KEY,
    security_id      bigint      NOT NULL,
    maker_order_id   bigint      NOT NULL,
    taker_order_id   bigint      NOT NULL,
    maker_account_id bigint      NOT NULL,
    taker_account_id bigint      NOT NULL,
    taker_side       text        NOT NULL CONSTRAINT taker_side_is_known CHECK (taker_side IN ('buy', 'sell')),
    mode             text        NOT NULL CONSTRAINT mode_prevents CHECK (mode <> 'none'),
    price_units      bigint      NOT NULL CONSTRAINT price_positive CHECK (price_units > 0),
    quantity_units   bigint      NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    prevented_at     timestamptz NOT NULL
);
-- Query: prevented matches of an account, newest first; both accounts are one user's.
CREATE INDEX prevented_matches_taker ON trading.prevented_matches (taker_account_id, event_seq);
CREATE INDEX prevented_matches_maker ON trading.prevented_matches (maker_account_id, event_seq);
COMMENT ON TABLE trading.prevented_matches IS
    'Row per match of two orders of one user that self-trade prevention stopped; projection `trades`';
COMMENT ON COLUMN trading.prevented_matches.mode IS 'The taker''s self_trade_prevention';
COMMENT ON COLUMN trading.prevented_matches.quantity_units IS 'What would have traded, at the maker''s price';
