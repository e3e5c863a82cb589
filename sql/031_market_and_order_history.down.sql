DROP VIEW api.order_events, api.settlement_steps, api.orders, api.trades, api.fills;
DROP TABLE trading.bid_events, trading.listing_events, trading.settlements, trading.settlement_steps;
ALTER TABLE trading.bids DROP fees, DROP maker_ppm, DROP taker_ppm;
ALTER TABLE trading.listings DROP fees, DROP maker_ppm, DROP taker_ppm;
ALTER TABLE trading.trades
    DROP CONSTRAINT fees_go_somewhere, DROP CONSTRAINT settles_after_trade,
    DROP maker_fee, DROP taker_fee, DROP fee_account_id, DROP settles_at;

CREATE VIEW api.orders AS
SELECT o.order_id, o.client_order_id, o.account_id, o.security_id, s.symbol, o.side, o.type, o.time_in_force,
       o.post_only, o.price_units, o.quantity_units, o.filled_units, o.leaves_units, o.notional,
       CASE WHEN o.filled_units > 0
            THEN round(o.notional * power(10::numeric, s.quantity_scale) / o.filled_units, 8) END AS average_price,
       o.status, o.reason, s.currency, s.price_scale, s.quantity_scale,
       o.created_at, o.updated_at, o.created_seq, o.updated_seq,
       o.stop_price_units, o.trail_amount_units, o.trail_basis_points, o.protection_price_units,
       o.display_quantity_units, o.min_quantity_units, o.all_or_none, o.reduce_only, o.self_trade_prevention,
       o.expires_at, o.group_id, o.group_role, o.prevented_units, o.activation_reason, o.activated_at
FROM (SELECT order_id, client_order_id, account_id, security_id, 'buy'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq,
             stop_price_units, trail_amount_units, trail_basis_points, protection_price_units,
             display_quantity_units, min_quantity_units, all_or_none, reduce_only, self_trade_prevention, expires_at,
             group_id, group_role, prevented_units, activation_reason, activated_at
      FROM trading.bids
      UNION ALL
      SELECT order_id, client_order_id, account_id, security_id, 'sell'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq,
             stop_price_units, trail_amount_units, trail_basis_points, protection_price_units,
             display_quantity_units, min_quantity_units, all_or_none, reduce_only, self_trade_prevention, expires_at,
             group_id, group_role, prevented_units, activation_reason, activated_at
      FROM trading.listings) o
LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.orders IS
    'Row per order, both sides. Open: status IN (new, held, partially_filled). From: bids, listings, securities';
COMMENT ON COLUMN api.orders.average_price IS 'Money per whole unit, rounded to 8 decimals; null before the first fill';
COMMENT ON COLUMN api.orders.status IS 'new, held (waits beside the book), partially_filled, filled, canceled, expired';
COMMENT ON COLUMN api.orders.group_id IS
    'order_id of its group''s first leg: the legs are it and the one or two after it';

CREATE VIEW api.trades AS
SELECT t.trade_id, t.event_seq, t.security_id, s.symbol, t.price_units, t.quantity_units, t.notional, t.taker_side,
       s.currency, s.price_scale, s.quantity_scale, t.executed_at, t.auction
FROM trading.trades t JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.trades IS 'Row per trade, without its parties: public. From: trades, securities';

CREATE VIEW api.fills AS
SELECT f.trade_id, f.account_id, f.order_id, coalesce(b.client_order_id, l.client_order_id) AS client_order_id,
       f.security_id, s.symbol, f.side, f.price_units, f.quantity_units, f.notional,
       CASE WHEN f.side = f.taker_side THEN 'taker' ELSE 'maker' END AS liquidity,
       s.currency, s.price_scale, s.quantity_scale, f.executed_at, f.event_seq,
       f.auction
FROM (SELECT trade_id, buyer_account_id AS account_id, buy_order_id AS order_id, 'buy'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq, auction
      FROM trading.trades
      UNION ALL
      SELECT trade_id, seller_account_id AS account_id, sell_order_id AS order_id, 'sell'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq, auction
      FROM trading.trades) f
LEFT JOIN reference.securities s USING (security_id)
LEFT JOIN trading.bids b ON f.side = 'buy' AND b.order_id = f.order_id
LEFT JOIN trading.listings l ON f.side = 'sell' AND l.order_id = f.order_id;
COMMENT ON VIEW api.fills IS
    'Row per trade and own side. From: trades, securities; client_order_id from bids, listings';

TRUNCATE trading.trades, trading.prevented_matches, trading.bids, trading.listings;
UPDATE projections.status SET checkpoint = 0 WHERE name IN ('trades', 'bids', 'listings');

DROP VIEW api.daily_statistics, api.best_prices_1m, api.candles;

CREATE TABLE market_data.candles_1m (
    security_id  bigint        NOT NULL,
    bucket       timestamptz   NOT NULL,
    open_units   bigint        NOT NULL,
    high_units   bigint        NOT NULL,
    low_units    bigint        NOT NULL,
    close_units  bigint        NOT NULL,
    volume_units numeric(38)   NOT NULL CONSTRAINT volume_positive CHECK (volume_units > 0),
    turnover     numeric(38,8) NOT NULL CONSTRAINT turnover_positive CHECK (turnover > 0),
    trade_count  bigint        NOT NULL CONSTRAINT trade_count_positive CHECK (trade_count > 0),
    PRIMARY KEY (security_id, bucket),
    CONSTRAINT low_is_lowest CHECK (low_units > 0 AND low_units <= LEAST(open_units, close_units)),
    CONSTRAINT high_is_highest CHECK (high_units >= GREATEST(open_units, close_units))
) PARTITION BY RANGE (bucket);
CREATE TABLE market_data.candles_1d (LIKE market_data.candles_1m INCLUDING ALL) PARTITION BY RANGE (bucket);
COMMENT ON TABLE market_data.candles_1m IS
    'Row per security and minute with trades, partitioned by month; projection `market_data`';
COMMENT ON TABLE market_data.candles_1d IS
    'Row per security and UTC day with trades, partitioned by year; projection `market_data`';

CREATE OR REPLACE FUNCTION market_data.ensure_candle_partitions(first_time timestamptz, last_time timestamptz)
RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    lower_bound timestamptz;
BEGIN
    FOR lower_bound IN
        SELECT generate_series(date_trunc('month', first_time), last_time + interval '1 month', '1 month')
    LOOP
        PERFORM projections.ensure_partition('market_data.candles_1m', to_char(lower_bound, '"candles_1m_p"YYYYMM'),
                                             lower_bound::text, (lower_bound + interval '1 month')::text);
    END LOOP;
    FOR lower_bound IN
        SELECT generate_series(date_trunc('year', first_time), last_time + interval '1 year', '1 year')
    LOOP
        PERFORM projections.ensure_partition('market_data.candles_1d', to_char(lower_bound, '"candles_1d_p"YYYY'),
                                             lower_bound::text, (lower_bound + interval '1 year')::text);
    END LOOP;
END
$$;

CREATE OR REPLACE VIEW market_data.stats_24h AS
SELECT t.security_id, s.open_units, s.high_units, s.low_units, s.close_units, s.volume_units, s.turnover, s.trade_count
FROM market_data.tickers t
CROSS JOIN LATERAL (
    SELECT (array_agg(c.open_units ORDER BY c.bucket))[1]       AS open_units,
           max(c.high_units)                                    AS high_units,
           min(c.low_units)                                     AS low_units,
           (array_agg(c.close_units ORDER BY c.bucket DESC))[1] AS close_units,
           coalesce(sum(c.volume_units), 0)                     AS volume_units,
           coalesce(sum(c.turnover), 0)                         AS turnover,
           coalesce(sum(c.trade_count), 0)::bigint              AS trade_count
    FROM market_data.candles_1m c
    WHERE c.security_id = t.security_id AND c.bucket > now() - interval '24 hours') s;

CREATE OR REPLACE VIEW api.candles_1m AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles_1m c JOIN reference.securities s USING (security_id);

CREATE OR REPLACE VIEW api.candles_1d AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles_1d c JOIN reference.securities s USING (security_id);

DROP TABLE market_data.candles_1s, market_data.candles, market_data.best_prices_1m;
DROP FUNCTION market_data.bucket_of(text, timestamptz);

TRUNCATE market_data.tickers, market_data.resting;
UPDATE projections.status SET checkpoint = 0 WHERE name = 'market_data';
