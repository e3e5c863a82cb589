-- Orders and trades. Projections `bids`, `listings` and `trades`.

CREATE SCHEMA trading;
COMMENT ON SCHEMA trading IS 'Read models of bids, listings and trades';

-- fillfactor: a row changes with every fill; room on its page keeps those updates away from the indexes.
CREATE TABLE trading.bids (
    order_id        bigint        PRIMARY KEY,
    account_id      bigint        NOT NULL,
    security_id     bigint        NOT NULL,
    type            text          NOT NULL,
    time_in_force   text          NOT NULL,
    post_only       boolean       NOT NULL,
    price_units     bigint        CONSTRAINT price_positive CHECK (price_units > 0),
    quantity_units  bigint        NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    filled_units    bigint        NOT NULL,
    leaves_units    bigint        NOT NULL,
    notional        numeric(38,8) NOT NULL CONSTRAINT notional_not_negative CHECK (notional >= 0),
    status          text          NOT NULL,
    reason          text,
    client_order_id text,
    created_at      timestamptz   NOT NULL,
    updated_at      timestamptz   NOT NULL,
    created_seq     bigint        NOT NULL,
    updated_seq     bigint        NOT NULL,
    CONSTRAINT filled_within_quantity CHECK (filled_units BETWEEN 0 AND quantity_units),
    CONSTRAINT status_matches_amounts CHECK (CASE status
        WHEN 'new'              THEN filled_units = 0 AND leaves_units = quantity_units
        WHEN 'partially_filled' THEN filled_units > 0 AND leaves_units > 0
                                     AND leaves_units = quantity_units - filled_units
        WHEN 'filled'           THEN filled_units = quantity_units AND leaves_units = 0
        WHEN 'canceled'         THEN leaves_units = 0 AND reason IS NOT NULL
        WHEN 'expired'          THEN leaves_units = 0 AND reason IS NOT NULL
        ELSE false END)
) WITH (fillfactor = 80);
-- Query: orders of an account, newest first, after a cursor (GET /v1/orders).
CREATE INDEX ON trading.bids (account_id, order_id);
-- Query: the same for one security (GET /v1/orders?symbol=).
CREATE INDEX ON trading.bids (account_id, security_id, order_id);
-- Query: open orders of an account (GET /v1/orders?status=open); most orders are done, so the index stays small.
CREATE INDEX ON trading.bids (account_id, order_id) WHERE status IN ('new', 'partially_filled');
-- Query: GET /v1/orders/by-client-id; and a client id names one order of an account for ever.
CREATE UNIQUE INDEX ON trading.bids (account_id, client_order_id) WHERE client_order_id IS NOT NULL;

COMMENT ON COLUMN trading.bids.price_units IS
    'Limit price in units of the security''s price_scale; null for a market order';
COMMENT ON COLUMN trading.bids.quantity_units IS
    'Total quantity, filled and open, in units of the security''s quantity_scale';
COMMENT ON COLUMN trading.bids.leaves_units IS 'Open for execution; 0 once the order is done';
COMMENT ON COLUMN trading.bids.notional IS
    'Sum of price x quantity of its fills; divided by the filled quantity: average price';
COMMENT ON COLUMN trading.bids.status IS 'new, partially_filled, filled, canceled, expired';
COMMENT ON COLUMN trading.bids.reason IS 'Why it was canceled or expired';
COMMENT ON COLUMN trading.bids.updated_seq IS 'event_seq of the newest event that changed the row';

-- The other side is the same table to the last constraint, index and comment.
CREATE TABLE trading.listings (LIKE trading.bids INCLUDING ALL) WITH (fillfactor = 80);
COMMENT ON TABLE trading.bids IS 'Row per buy order; projection `bids`';
COMMENT ON TABLE trading.listings IS 'Row per sell order; projection `listings`';

CREATE TABLE trading.trades (
    trade_id          bigint        PRIMARY KEY,
    event_seq         bigint        NOT NULL,
    security_id       bigint        NOT NULL,
    price_units       bigint        NOT NULL CONSTRAINT price_positive CHECK (price_units > 0),
    quantity_units    bigint        NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    notional          numeric(38,8) NOT NULL CONSTRAINT notional_positive CHECK (notional > 0),
    taker_side        text          NOT NULL CONSTRAINT taker_side_is_known CHECK (taker_side IN ('buy', 'sell')),
    buy_order_id      bigint        NOT NULL,
    sell_order_id     bigint        NOT NULL,
    buyer_account_id  bigint        NOT NULL,
    seller_account_id bigint        NOT NULL,
    maker_order_id    bigint        NOT NULL,
    taker_order_id    bigint        NOT NULL,
    executed_at       timestamptz   NOT NULL,
    CONSTRAINT maker_and_taker_are_the_two_orders CHECK (
        (taker_side = 'buy'  AND taker_order_id = buy_order_id  AND maker_order_id = sell_order_id) OR
        (taker_side = 'sell' AND taker_order_id = sell_order_id AND maker_order_id = buy_order_id))
);
-- Query: trades of a market, newest first (GET /v1/markets/{symbol}/trades).
CREATE INDEX trades_security ON trading.trades (security_id, trade_id);
-- Query: fills of an account, newest first: one index per side, merged (GET /v1/fills).
CREATE INDEX trades_buyer ON trading.trades (buyer_account_id, trade_id);
CREATE INDEX trades_seller ON trading.trades (seller_account_id, trade_id);
-- Query: fills of one order (GET /v1/fills?order_id=).
CREATE INDEX trades_buy_order ON trading.trades (buy_order_id, trade_id);
CREATE INDEX trades_sell_order ON trading.trades (sell_order_id, trade_id);

COMMENT ON TABLE  trading.trades IS 'Row per trade; projection `trades`';
COMMENT ON COLUMN trading.trades.price_units IS 'The maker''s price, in units of the security''s price_scale';
COMMENT ON COLUMN trading.trades.notional IS 'price x quantity, exact: what moved from buyer to seller';
