-- Candles of every interval, best prices by minute, statistics of days; settlement and fees of trades; the life of
-- orders. Projections `market_data`, `trades`, `bids` and `listings`.
--
-- The rows of before do not say in which second a trade was, nor what happened to an order step by step: these read
-- models are emptied and filled again from the journal.

-- Candles. Seconds have a table of their own: they are the many, and the only ones that go.
CREATE TABLE market_data.candles_1s (
    security_id  bigint        NOT NULL,
    bucket       timestamptz   NOT NULL CONSTRAINT bucket_is_aligned CHECK (extract(epoch FROM bucket) % 1 = 0),
    open_units   bigint        NOT NULL,
    high_units   bigint        NOT NULL,
    low_units    bigint        NOT NULL,
    close_units  bigint        NOT NULL,
    volume_units numeric(38)   NOT NULL CONSTRAINT volume_positive CHECK (volume_units > 0),
    turnover     numeric(38,8) NOT NULL CONSTRAINT turnover_positive CHECK (turnover > 0),
    trade_count  bigint        NOT NULL CONSTRAINT trade_count_positive CHECK (trade_count > 0),
    -- Query: GET /v1/markets/{symbol}/candles, a range of one security's, newest first.
    PRIMARY KEY (security_id, bucket),
    CONSTRAINT low_is_lowest CHECK (low_units > 0 AND low_units <= LEAST(open_units, close_units)),
    CONSTRAINT high_is_highest CHECK (high_units >= GREATEST(open_units, close_units))
) PARTITION BY RANGE (bucket);
COMMENT ON TABLE market_data.candles_1s IS
    'Row per security and second with trades, of the hour of the newest trade of all securities and the 168 hours '
    'before it; partitioned by month; projection `market_data`';

-- When an interval begins that holds this time; the same rule as CandleInterval of projections/candle.hpp.
CREATE FUNCTION market_data.bucket_of("interval" text, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN "interval" = '1M' THEN date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    ELSE date_bin(CASE "interval" WHEN '1s' THEN interval '1 second'  WHEN '1m'  THEN interval '1 minute'
                                  WHEN '5m' THEN interval '5 minutes' WHEN '15m' THEN interval '15 minutes'
                                  WHEN '30m' THEN interval '30 minutes' WHEN '1h' THEN interval '1 hour'
                                  WHEN '4h' THEN interval '4 hours'   WHEN '1d'  THEN interval '24 hours'
                                  WHEN '1w' THEN interval '168 hours' END,
                  at, timestamptz '1970-01-05 00:00:00Z') END;  -- a Monday
COMMENT ON FUNCTION market_data.bucket_of(text, timestamptz) IS
    'Start of the candle of this interval that holds the time; null for an unknown interval';

CREATE TABLE market_data.candles (
    security_id  bigint        NOT NULL,
    "interval"   text          NOT NULL CONSTRAINT interval_is_known
                 CHECK ("interval" IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w', '1M')),
    bucket       timestamptz   NOT NULL,
    open_units   bigint        NOT NULL,
    high_units   bigint        NOT NULL,
    low_units    bigint        NOT NULL,
    close_units  bigint        NOT NULL,
    volume_units numeric(38)   NOT NULL CONSTRAINT volume_positive CHECK (volume_units > 0),
    turnover     numeric(38,8) NOT NULL CONSTRAINT turnover_positive CHECK (turnover > 0),
    trade_count  bigint        NOT NULL CONSTRAINT trade_count_positive CHECK (trade_count > 0),
    -- Query: GET /v1/markets/{symbol}/candles, a range of one security's, newest first.
    PRIMARY KEY (security_id, "interval", bucket),
    CONSTRAINT bucket_is_aligned CHECK (bucket = market_data.bucket_of("interval", bucket)),
    CONSTRAINT low_is_lowest CHECK (low_units > 0 AND low_units <= LEAST(open_units, close_units)),
    CONSTRAINT high_is_highest CHECK (high_units >= GREATEST(open_units, close_units))
) PARTITION BY RANGE (bucket);
COMMENT ON TABLE market_data.candles IS
    'Row per security, interval and bucket with trades; partitioned by the month in which the bucket begins; '
    'projection `market_data`';
COMMENT ON COLUMN market_data.candles."interval" IS
    '1m 5m 15m 30m 1h 4h 1d, 1w (from Monday), 1M (calendar month), all UTC';

-- Best prices.
CREATE TABLE market_data.best_prices_1m (
    security_id     bigint      NOT NULL,
    bucket          timestamptz NOT NULL CONSTRAINT bucket_is_aligned CHECK (extract(epoch FROM bucket) % 60 = 0),
    bid_open_units  bigint,
    bid_high_units  bigint,
    bid_low_units   bigint,
    bid_close_units bigint,
    ask_open_units  bigint,
    ask_high_units  bigint,
    ask_low_units   bigint,
    ask_close_units bigint,
    -- Query: the history of one security, a range of time, newest first.
    PRIMARY KEY (security_id, bucket),
    CONSTRAINT bid_low_is_lowest CHECK (bid_low_units <= LEAST(bid_open_units, bid_close_units)),
    CONSTRAINT bid_high_is_highest CHECK (bid_high_units >= GREATEST(bid_open_units, bid_close_units)),
    CONSTRAINT ask_low_is_lowest CHECK (ask_low_units <= LEAST(ask_open_units, ask_close_units)),
    CONSTRAINT ask_high_is_highest CHECK (ask_high_units >= GREATEST(ask_open_units, ask_close_units)),
    CONSTRAINT bid_range_is_whole CHECK (num_nulls(bid_low_units, bid_high_units) IN (0, 2)
        AND (bid_low_units IS NOT NULL OR num_nonnulls(bid_open_units, bid_close_units) = 0)),
    CONSTRAINT ask_range_is_whole CHECK (num_nulls(ask_low_units, ask_high_units) IN (0, 2)
        AND (ask_low_units IS NOT NULL OR num_nonnulls(ask_open_units, ask_close_units) = 0))
) PARTITION BY RANGE (bucket);
COMMENT ON TABLE market_data.best_prices_1m IS
    'Row per security and minute in which its best bid or listing came to have another price, seen after each command; '
    'in a minute without a row both are all the time what the newest row before it closed with; partitioned by month; '
    'projection `market_data`';

DO $$
DECLARE
    of_table text;
    side text;
BEGIN
    FOREACH of_table IN ARRAY ARRAY['candles_1s', 'candles', 'best_prices_1m'] LOOP
        EXECUTE format($ddl$
COMMENT ON COLUMN market_data.%1$I.security_id IS 'Security';
COMMENT ON COLUMN market_data.%1$I.bucket IS 'Start of the interval, UTC: it covers bucket <= time < next bucket'
$ddl$, of_table);
        CONTINUE WHEN of_table = 'best_prices_1m';
        EXECUTE format($ddl$
COMMENT ON COLUMN market_data.%1$I.open_units IS 'Price of the first trade, in units of the security''s price_scale';
COMMENT ON COLUMN market_data.%1$I.high_units IS 'Highest price of a trade, in units of the security''s price_scale';
COMMENT ON COLUMN market_data.%1$I.low_units IS 'Lowest price of a trade, in units of the security''s price_scale';
COMMENT ON COLUMN market_data.%1$I.close_units IS 'Price of the last trade, in units of the security''s price_scale';
COMMENT ON COLUMN market_data.%1$I.volume_units IS 'Sum of quantities, in units of the security''s quantity_scale';
COMMENT ON COLUMN market_data.%1$I.turnover IS 'Sum of price x quantity, exact money; divided by the volume: VWAP';
COMMENT ON COLUMN market_data.%1$I.trade_count IS
    'Number of trades, those of auctions and those whose settlement was canceled later included'
$ddl$, of_table);
    END LOOP;
    FOREACH side IN ARRAY ARRAY['bid', 'ask'] LOOP
        EXECUTE format($ddl$
COMMENT ON COLUMN market_data.best_prices_1m.%1$s_open_units IS
    'When the minute began, in units of the security''s price_scale; null: that side was empty';
COMMENT ON COLUMN market_data.best_prices_1m.%1$s_high_units IS
    'Highest in the minute; null: that side was always empty';
COMMENT ON COLUMN market_data.best_prices_1m.%1$s_low_units IS
    'Lowest in the minute; null: that side was always empty';
COMMENT ON COLUMN market_data.best_prices_1m.%1$s_close_units IS 'When the minute ended; null: that side was empty'
$ddl$, side);
    END LOOP;
END
$$;

-- Makes the partitions of the tables found by search_path that hold first_time..last_time, and the next ones. A week
-- may begin in the month before the time that it holds.
CREATE OR REPLACE FUNCTION market_data.ensure_candle_partitions(first_time timestamptz, last_time timestamptz)
RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    of_table text;
    lower_bound timestamptz;
BEGIN
    FOREACH of_table IN ARRAY ARRAY['candles_1s', 'candles', 'best_prices_1m'] LOOP
        FOR lower_bound IN
            SELECT generate_series(date_trunc('month', first_time - interval '7 days'), last_time + interval '1 month',
                                   '1 month')
        LOOP
            PERFORM projections.ensure_partition(to_regclass(of_table),
                                                 of_table || to_char(lower_bound, '"_p"YYYYMM'), lower_bound::text,
                                                 (lower_bound + interval '1 month')::text);
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION market_data.ensure_candle_partitions(timestamptz, timestamptz) IS
    'Makes partitions ahead: of candles and best prices from the first time to a month after the last';

-- The views over the tables of before, then those tables are done.
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
    FROM market_data.candles c
    WHERE c.security_id = t.security_id AND c."interval" = '1m' AND c.bucket > now() - interval '24 hours') s;

-- Query: GET /v1/markets/{symbol}/candles, by symbol, interval and range of bucket.
CREATE VIEW api.candles AS
SELECT c.security_id, s.symbol, c."interval", c.bucket, c.open_units, c.high_units, c.low_units, c.close_units,
       c.volume_units, c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale, s.currency
FROM (SELECT security_id, '1s'::text AS "interval", bucket, open_units, high_units, low_units, close_units,
             volume_units, turnover, trade_count
      FROM market_data.candles_1s
      UNION ALL
      SELECT security_id, "interval", bucket, open_units, high_units, low_units, close_units,
             volume_units, turnover, trade_count
      FROM market_data.candles) c
JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.candles IS
    'Row per security, interval (1s 1m 5m 15m 30m 1h 4h 1d 1w 1M) and bucket with trades. A trade whose settlement is '
    'canceled stays: it was made at that price. From: market_data, securities';
COMMENT ON COLUMN api.candles.vwap IS 'Money per whole unit, rounded to 8 decimals';

CREATE OR REPLACE VIEW api.candles_1m AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles c JOIN reference.securities s USING (security_id)
WHERE c."interval" = '1m';

CREATE OR REPLACE VIEW api.candles_1d AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles c JOIN reference.securities s USING (security_id)
WHERE c."interval" = '1d';

DROP TABLE market_data.candles_1m, market_data.candles_1d;

-- Query: the best prices of a security over a range of time; the statistics of its days.
CREATE VIEW api.best_prices_1m AS
SELECT b.security_id, s.symbol, b.bucket, b.bid_open_units, b.bid_high_units, b.bid_low_units, b.bid_close_units,
       b.ask_open_units, b.ask_high_units, b.ask_low_units, b.ask_close_units,
       b.ask_close_units - b.bid_close_units AS spread_units, s.price_scale, s.currency
FROM market_data.best_prices_1m b JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.best_prices_1m IS
    'Row per security and minute in which a best price changed. From: market_data, securities';
COMMENT ON COLUMN api.best_prices_1m.spread_units IS
    'Best listing less best bid when the minute ended; 0 or below only in an auction; null: a side was empty';

CREATE VIEW api.daily_statistics AS
SELECT c.security_id, s.symbol, (c.bucket AT TIME ZONE 'UTC')::date AS day, p.close_units AS previous_close_units,
       c.open_units, c.high_units, c.low_units, c.close_units, c.close_units - p.close_units AS change_units,
       c.volume_units, c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale, s.currency
FROM market_data.candles c
JOIN reference.securities s USING (security_id)
LEFT JOIN LATERAL (SELECT d.close_units FROM market_data.candles d
                   WHERE d.security_id = c.security_id AND d."interval" = '1d' AND d.bucket < c.bucket
                   ORDER BY d.bucket DESC LIMIT 1) p ON true
WHERE c."interval" = '1d';
COMMENT ON VIEW api.daily_statistics IS
    'Row per security and UTC day with trades; previous close: of the last day before that had any. From: market_data, '
    'securities';
COMMENT ON COLUMN api.daily_statistics.previous_close_units IS 'Null on the first day with trades';

TRUNCATE market_data.tickers, market_data.resting;
UPDATE projections.status SET checkpoint = 0 WHERE name = 'market_data';

-- Trades are only added; what becomes of them is told beside them.
TRUNCATE trading.trades, trading.prevented_matches, trading.bids, trading.listings;
UPDATE projections.status SET checkpoint = 0 WHERE name IN ('trades', 'bids', 'listings');

ALTER TABLE trading.trades
    ADD maker_fee      numeric(38,8) NOT NULL DEFAULT 0 CONSTRAINT maker_fee_not_negative CHECK (maker_fee >= 0),
    ADD taker_fee      numeric(38,8) NOT NULL DEFAULT 0 CONSTRAINT taker_fee_not_negative CHECK (taker_fee >= 0),
    ADD fee_account_id bigint,
    ADD settles_at     timestamptz,
    ADD CONSTRAINT fees_go_somewhere CHECK (fee_account_id IS NOT NULL OR (maker_fee = 0 AND taker_fee = 0)),
    ADD CONSTRAINT settles_after_trade CHECK (settles_at > executed_at);
COMMENT ON COLUMN trading.trades.maker_fee IS 'Paid by the owner of the maker order, in the security''s currency';
COMMENT ON COLUMN trading.trades.taker_fee IS 'Paid by the owner of the taker order, in the security''s currency';
COMMENT ON COLUMN trading.trades.fee_account_id IS 'Account that got both fees; null: there were none';
COMMENT ON COLUMN trading.trades.settles_at IS 'When settlement is due, UTC; null: settled with the trade';

CREATE TABLE trading.settlements (
    trade_id    bigint      PRIMARY KEY,
    status      text        NOT NULL
                CONSTRAINT status_is_known CHECK (status IN ('pending', 'settled', 'failed', 'canceled')),
    updated_at  timestamptz NOT NULL,
    updated_seq bigint      NOT NULL
) WITH (fillfactor = 70);
-- Query: what is not settled yet, oldest first (operators).
CREATE INDEX settlements_unfinished ON trading.settlements (trade_id) WHERE status IN ('pending', 'failed');
COMMENT ON TABLE trading.settlements IS 'Row per trade that settles later than it was made; projection `trades`';
COMMENT ON COLUMN trading.settlements.trade_id IS 'The trade';
COMMENT ON COLUMN trading.settlements.status IS
    'pending, failed, and for good: settled, canceled (both legs went back)';
COMMENT ON COLUMN trading.settlements.updated_at IS 'When it came to this status, UTC';
COMMENT ON COLUMN trading.settlements.updated_seq IS 'event_seq of the newest event that changed the row';

CREATE TABLE trading.settlement_steps (
    trade_id    bigint      NOT NULL,
    event_seq   bigint      NOT NULL,
    step        text        NOT NULL
                CONSTRAINT step_is_known CHECK (step IN ('pending', 'settled', 'failed', 'canceled')),
    cause       text        NOT NULL CONSTRAINT cause_is_known CHECK (cause IN ('operator', 'clock')),
    actor       bigint,
    reason      text,
    occurred_at timestamptz NOT NULL,
    -- Query: the ladder of one trade, in order.
    PRIMARY KEY (trade_id, event_seq)
);
COMMENT ON TABLE trading.settlement_steps IS
    'Row per step that a trade took after it was made, append-only; projection `trades`';
COMMENT ON COLUMN trading.settlement_steps.trade_id IS 'The trade';
COMMENT ON COLUMN trading.settlement_steps.event_seq IS 'The event that tells it';
COMMENT ON COLUMN trading.settlement_steps.step IS 'What it is since: pending (again), settled, failed, canceled';
COMMENT ON COLUMN trading.settlement_steps.cause IS 'operator, or clock: its time came';
COMMENT ON COLUMN trading.settlement_steps.actor IS 'user_id of the operator; null: the clock, or the command line';
COMMENT ON COLUMN trading.settlement_steps.reason IS 'In the words of the operator; null: none given';
COMMENT ON COLUMN trading.settlement_steps.occurred_at IS 'UTC';

CREATE OR REPLACE VIEW api.trades AS
SELECT t.trade_id, t.event_seq, t.security_id, s.symbol, t.price_units, t.quantity_units, t.notional, t.taker_side,
       s.currency, s.price_scale, s.quantity_scale, t.executed_at, t.auction,
       coalesce(x.status, 'settled') AS settlement_status, t.settles_at
FROM trading.trades t JOIN reference.securities s USING (security_id)
LEFT JOIN trading.settlements x USING (trade_id);
COMMENT ON COLUMN api.trades.settlement_status IS 'pending, settled, failed, canceled';
COMMENT ON COLUMN api.trades.settles_at IS 'Null: settled with the trade';

CREATE OR REPLACE VIEW api.fills AS
SELECT f.trade_id, f.account_id, f.order_id, coalesce(b.client_order_id, l.client_order_id) AS client_order_id,
       f.security_id, s.symbol, f.side, f.price_units, f.quantity_units, f.notional,
       CASE WHEN f.side = f.taker_side THEN 'taker' ELSE 'maker' END AS liquidity,
       s.currency, s.price_scale, s.quantity_scale, f.executed_at, f.event_seq,
       f.auction,
       CASE WHEN f.side = f.taker_side THEN f.taker_fee ELSE f.maker_fee END AS fee,
       coalesce(x.status, 'settled') AS settlement_status, f.settles_at
FROM (SELECT trade_id, buyer_account_id AS account_id, buy_order_id AS order_id, 'buy'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq, auction, maker_fee, taker_fee,
             settles_at
      FROM trading.trades
      UNION ALL
      SELECT trade_id, seller_account_id AS account_id, sell_order_id AS order_id, 'sell'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq, auction, maker_fee, taker_fee,
             settles_at
      FROM trading.trades) f
LEFT JOIN reference.securities s USING (security_id)
LEFT JOIN trading.bids b ON f.side = 'buy' AND b.order_id = f.order_id
LEFT JOIN trading.listings l ON f.side = 'sell' AND l.order_id = f.order_id
LEFT JOIN trading.settlements x ON x.trade_id = f.trade_id;
COMMENT ON COLUMN api.fills.fee IS
    'Its own, in currency: a buyer pays it besides the notional, a seller gets so much less';

-- Query: the settlement ladder of a trade, in order of event_seq.
CREATE VIEW api.settlement_steps AS
SELECT trade_id, event_seq, CASE WHEN settles_at IS NULL THEN 'settled' ELSE 'pending' END AS step,
       'trade'::text AS cause, NULL::bigint AS actor, NULL::text AS reason, executed_at AS occurred_at
FROM trading.trades
UNION ALL
SELECT trade_id, event_seq, step, cause, actor, reason, occurred_at
FROM trading.settlement_steps;
COMMENT ON VIEW api.settlement_steps IS 'Row per trade for the trade itself, and per step that followed. From: trades';
COMMENT ON COLUMN api.settlement_steps.cause IS 'trade (the first step), clock, operator';

-- Fees and life of orders.
DO $$
DECLARE
    orders text;
    life text;
BEGIN
    FOREACH orders IN ARRAY ARRAY['bids', 'listings'] LOOP
        life := CASE orders WHEN 'bids' THEN 'bid_events' ELSE 'listing_events' END;
        EXECUTE format($ddl$
ALTER TABLE trading.%1$I
    ADD fees      numeric(38,8) NOT NULL DEFAULT 0 CONSTRAINT fees_not_negative CHECK (fees >= 0),
    ADD maker_ppm integer       NOT NULL DEFAULT 0 CONSTRAINT maker_ppm_not_negative CHECK (maker_ppm >= 0),
    ADD taker_ppm integer       NOT NULL DEFAULT 0 CONSTRAINT taker_ppm_not_negative CHECK (taker_ppm >= 0);
COMMENT ON COLUMN trading.%1$I.fees IS
    'Sum of its fees, in the security''s currency; like filled_units and notional it keeps those of trades whose '
    'settlement is canceled';
COMMENT ON COLUMN trading.%1$I.maker_ppm IS 'Fee of its trades as the maker, millionths of the notional';
COMMENT ON COLUMN trading.%1$I.taker_ppm IS 'Fee of its trades as the taker, millionths of the notional';

CREATE TABLE trading.%2$I (
    order_id       bigint      NOT NULL,
    event_seq      bigint      NOT NULL,
    kind           text        NOT NULL CONSTRAINT kind_is_known CHECK (kind IN
                   ('accepted', 'rested', 'activated', 'amended', 'reduced', 'refreshed', 'prevented',
                    'partially_filled', 'filled', 'canceled', 'expired')),
    quantity_units bigint      NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    leaves_units   bigint      NOT NULL CONSTRAINT leaves_not_negative CHECK (leaves_units >= 0),
    price_units    bigint      CONSTRAINT price_positive CHECK (price_units > 0),
    joins_book     boolean     NOT NULL,
    trade_id       bigint,
    reason         text,
    occurred_at    timestamptz NOT NULL,
    -- Query: the life of one order, in order.
    PRIMARY KEY (order_id, event_seq),
    CONSTRAINT done_leaves_nothing CHECK ((kind IN ('filled', 'canceled', 'expired')) = (leaves_units = 0)),
    CONSTRAINT fills_name_their_trade CHECK ((kind IN ('partially_filled', 'filled')) = (trade_id IS NOT NULL)),
    CONSTRAINT ends_have_a_reason CHECK (kind NOT IN ('activated', 'canceled', 'expired') OR reason IS NOT NULL)
);
COMMENT ON TABLE trading.%2$I IS 'Row per event in the life of an order, append-only; projection `%1$s`';
COMMENT ON COLUMN trading.%2$I.order_id IS 'The order';
COMMENT ON COLUMN trading.%2$I.event_seq IS 'The event that tells it';
COMMENT ON COLUMN trading.%2$I.kind IS
    'accepted, rested (what it could not fill joined the book), activated (it was held), amended, reduced (by '
    'self-trade prevention), refreshed (next tip of an iceberg), prevented (a match), partially_filled, filled, '
    'canceled, expired';
COMMENT ON COLUMN trading.%2$I.quantity_units IS
    'accepted, activated, amended: its total; rested: what rested; refreshed: the tip; the others: what the event took '
    'off it, prevented: what would have traded; in units of the security''s quantity_scale';
COMMENT ON COLUMN trading.%2$I.leaves_units IS 'Open for execution after the event';
COMMENT ON COLUMN trading.%2$I.price_units IS
    'Of a fill or a prevented match: theirs; else the order''s after the event, null: a market type; in units of the '
    'security''s price_scale';
COMMENT ON COLUMN trading.%2$I.joins_book IS 'It came to stand at the back of its level with this event';
COMMENT ON COLUMN trading.%2$I.trade_id IS 'The trade of a fill; null for the other kinds';
COMMENT ON COLUMN trading.%2$I.reason IS
    'Why it was activated, canceled or expired, or which mode prevented; else null';
COMMENT ON COLUMN trading.%2$I.occurred_at IS 'UTC'
$ddl$, orders, life);
    END LOOP;
END
$$;

CREATE OR REPLACE VIEW api.orders AS
SELECT o.order_id, o.client_order_id, o.account_id, o.security_id, s.symbol, o.side, o.type, o.time_in_force,
       o.post_only, o.price_units, o.quantity_units, o.filled_units, o.leaves_units, o.notional,
       CASE WHEN o.filled_units > 0
            THEN round(o.notional * power(10::numeric, s.quantity_scale) / o.filled_units, 8) END AS average_price,
       o.status, o.reason, s.currency, s.price_scale, s.quantity_scale,
       o.created_at, o.updated_at, o.created_seq, o.updated_seq,
       o.stop_price_units, o.trail_amount_units, o.trail_basis_points, o.protection_price_units,
       o.display_quantity_units, o.min_quantity_units, o.all_or_none, o.reduce_only, o.self_trade_prevention,
       o.expires_at, o.group_id, o.group_role, o.prevented_units, o.activation_reason, o.activated_at,
       o.fees, o.maker_ppm, o.taker_ppm
FROM (SELECT order_id, client_order_id, account_id, security_id, 'buy'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq,
             stop_price_units, trail_amount_units, trail_basis_points, protection_price_units,
             display_quantity_units, min_quantity_units, all_or_none, reduce_only, self_trade_prevention, expires_at,
             group_id, group_role, prevented_units, activation_reason, activated_at, fees, maker_ppm, taker_ppm
      FROM trading.bids
      UNION ALL
      SELECT order_id, client_order_id, account_id, security_id, 'sell'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq,
             stop_price_units, trail_amount_units, trail_basis_points, protection_price_units,
             display_quantity_units, min_quantity_units, all_or_none, reduce_only, self_trade_prevention, expires_at,
             group_id, group_role, prevented_units, activation_reason, activated_at, fees, maker_ppm, taker_ppm
      FROM trading.listings) o
LEFT JOIN reference.securities s USING (security_id);
COMMENT ON COLUMN api.orders.fees IS 'Paid so far, in currency';

-- Query: the life of one order, in order of event_seq; its owner by account_id.
CREATE VIEW api.order_events AS
SELECT e.order_id, coalesce(b.account_id, l.account_id) AS account_id, e.side, e.event_seq, e.kind, e.quantity_units,
       e.leaves_units, e.price_units, e.joins_book, e.trade_id, e.reason, e.occurred_at, s.symbol, s.price_scale,
       s.quantity_scale
FROM (SELECT order_id, 'buy'::text AS side, event_seq, kind, quantity_units, leaves_units, price_units, joins_book,
             trade_id, reason, occurred_at
      FROM trading.bid_events
      UNION ALL
      SELECT order_id, 'sell'::text AS side, event_seq, kind, quantity_units, leaves_units, price_units, joins_book,
             trade_id, reason, occurred_at
      FROM trading.listing_events) e
LEFT JOIN trading.bids b ON e.side = 'buy' AND b.order_id = e.order_id
LEFT JOIN trading.listings l ON e.side = 'sell' AND l.order_id = e.order_id
LEFT JOIN reference.securities s ON s.security_id = coalesce(b.security_id, l.security_id);
COMMENT ON VIEW api.order_events IS 'Row per event in the life of an order. From: bids, listings, securities';

-- What the columns of before mean.
COMMENT ON COLUMN market_data.resting.order_id IS 'The order';
COMMENT ON COLUMN market_data.resting.security_id IS 'Its security';
COMMENT ON COLUMN market_data.resting.side IS 'buy, sell';
COMMENT ON COLUMN market_data.resting.price_units IS 'Where it stands, in units of the security''s price_scale';
COMMENT ON COLUMN market_data.tickers.security_id IS 'Security';
COMMENT ON COLUMN market_data.tickers.last_price_units IS 'Of the newest trade; null before the first';
COMMENT ON COLUMN market_data.tickers.last_quantity_units IS 'Of the newest trade; null before the first';
COMMENT ON COLUMN market_data.tickers.last_trade_id IS 'The newest trade; null before the first';
COMMENT ON COLUMN market_data.tickers.last_trade_at IS 'When it was made, UTC; null before the first';
COMMENT ON COLUMN market_data.tickers.ask_price_units IS 'Best listing in the book; null: there is none';
COMMENT ON COLUMN market_data.tickers.ask_quantity_units IS 'What the orders at the best listing show; null: none';
COMMENT ON COLUMN market_data.tickers.updated_at IS 'Of the newest trade or change of the book, UTC';

COMMENT ON COLUMN trading.trades.trade_id IS 'Numbered in the order in which they were made';
COMMENT ON COLUMN trading.trades.event_seq IS 'The event that tells it';
COMMENT ON COLUMN trading.trades.security_id IS 'What was traded';
COMMENT ON COLUMN trading.trades.quantity_units IS 'In units of the security''s quantity_scale';
COMMENT ON COLUMN trading.trades.taker_side IS 'buy, sell: side of the order that came later';
COMMENT ON COLUMN trading.trades.buy_order_id IS 'The bid: row of trading.bids';
COMMENT ON COLUMN trading.trades.sell_order_id IS 'The listing: row of trading.listings';
COMMENT ON COLUMN trading.trades.buyer_account_id IS 'Owner of the bid; shown to itself only';
COMMENT ON COLUMN trading.trades.seller_account_id IS 'Owner of the listing; shown to itself only';
COMMENT ON COLUMN trading.trades.maker_order_id IS 'The one of both orders that was there first';
COMMENT ON COLUMN trading.trades.taker_order_id IS 'The other one';
COMMENT ON COLUMN trading.trades.executed_at IS 'UTC';

COMMENT ON COLUMN trading.prevented_matches.event_seq IS 'The event that tells it';
COMMENT ON COLUMN trading.prevented_matches.security_id IS 'What would have traded';
COMMENT ON COLUMN trading.prevented_matches.maker_order_id IS 'The order that was there first';
COMMENT ON COLUMN trading.prevented_matches.taker_order_id IS 'The other one';
COMMENT ON COLUMN trading.prevented_matches.maker_account_id IS 'Owner of the maker order';
COMMENT ON COLUMN trading.prevented_matches.taker_account_id IS 'Owner of the taker order, the same user';
COMMENT ON COLUMN trading.prevented_matches.taker_side IS 'buy, sell';
COMMENT ON COLUMN trading.prevented_matches.price_units IS 'The maker''s, in units of the security''s price_scale';
COMMENT ON COLUMN trading.prevented_matches.prevented_at IS 'UTC';

DO $$
DECLARE
    orders text;
BEGIN
    FOREACH orders IN ARRAY ARRAY['bids', 'listings'] LOOP
        EXECUTE format($ddl$
COMMENT ON COLUMN trading.%1$I.order_id IS 'Numbered in the order of acceptance, both sides together';
COMMENT ON COLUMN trading.%1$I.account_id IS 'Its owner';
COMMENT ON COLUMN trading.%1$I.security_id IS 'What it is for';
COMMENT ON COLUMN trading.%1$I.type IS 'As the API writes it: limit, market, and those that wait for a price';
COMMENT ON COLUMN trading.%1$I.time_in_force IS 'As the API writes it: gtc, ioc, fok, day, gtd, opg, cls';
COMMENT ON COLUMN trading.%1$I.post_only IS 'It never takes';
COMMENT ON COLUMN trading.%1$I.filled_units IS 'Executed so far, in units of the security''s quantity_scale';
COMMENT ON COLUMN trading.%1$I.client_order_id IS 'The owner''s name for it, unique in the account; null: none';
COMMENT ON COLUMN trading.%1$I.created_at IS 'When it was accepted, UTC';
COMMENT ON COLUMN trading.%1$I.created_seq IS 'event_seq of its acceptance';
COMMENT ON COLUMN trading.%1$I.updated_at IS 'Of the newest event that changed the row, UTC';
COMMENT ON COLUMN trading.%1$I.trail_amount_units IS
    'Distance of a trailing stop, in units of the security''s price_scale; null: none, or in basis points';
COMMENT ON COLUMN trading.%1$I.trail_basis_points IS 'Distance of a trailing stop; null: none, or as an amount';
COMMENT ON COLUMN trading.%1$I.protection_price_units IS
    'Worst price of a market order, in units of the security''s price_scale; null: none';
COMMENT ON COLUMN trading.%1$I.min_quantity_units IS
    'Minimum quantity (FIX 110), in units of the security''s quantity_scale; null: none';
COMMENT ON COLUMN trading.%1$I.all_or_none IS 'It executes whole or not at all';
COMMENT ON COLUMN trading.%1$I.reduce_only IS
    'Its quantity was cut to what the account had free when it was accepted';
COMMENT ON COLUMN trading.%1$I.self_trade_prevention IS 'Its mode, where it would meet an order of its own user';
COMMENT ON COLUMN trading.%1$I.expires_at IS 'End of a gtd order, UTC; null for the others';
COMMENT ON COLUMN trading.%1$I.group_role IS 'Which leg of its group it is; null: none';
COMMENT ON COLUMN trading.%1$I.activation_reason IS
    'Why it went live after it was held; null before, and if it never was'
$ddl$, orders);
    END LOOP;
END
$$;
