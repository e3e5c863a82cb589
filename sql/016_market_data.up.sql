-- What the market did: candles, last trade, best prices. Projection `market_data`.

CREATE SCHEMA market_data;
COMMENT ON SCHEMA market_data IS 'Read model of candles and tickers; projection `market_data`';

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
COMMENT ON COLUMN market_data.candles_1m.bucket IS 'Start of the interval, UTC; trades at bucket <= time < next bucket';
COMMENT ON COLUMN market_data.candles_1m.volume_units IS
    'Sum of quantities, in units of the security''s quantity_scale';
COMMENT ON COLUMN market_data.candles_1m.turnover IS 'Sum of price x quantity, exact; divided by the volume: VWAP';

CREATE TABLE market_data.candles_1d (LIKE market_data.candles_1m INCLUDING ALL) PARTITION BY RANGE (bucket);
COMMENT ON TABLE market_data.candles_1m IS
    'Row per security and minute with trades, partitioned by month; projection `market_data`';
COMMENT ON TABLE market_data.candles_1d IS
    'Row per security and UTC day with trades, partitioned by year; projection `market_data`';

-- Makes the partitions that hold first_time..last_time, and the next ones.
CREATE FUNCTION market_data.ensure_candle_partitions(first_time timestamptz, last_time timestamptz)
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

CREATE TABLE market_data.resting (
    order_id     bigint PRIMARY KEY,
    security_id  bigint NOT NULL,
    side         text   NOT NULL CONSTRAINT side_is_known CHECK (side IN ('buy', 'sell')),
    price_units  bigint NOT NULL,
    leaves_units bigint NOT NULL CONSTRAINT leaves_positive CHECK (leaves_units > 0)
) WITH (fillfactor = 80);
COMMENT ON TABLE market_data.resting IS
    'Row per order in a book now: what the best prices follow from; projection `market_data`';

CREATE TABLE market_data.tickers (
    security_id         bigint      PRIMARY KEY,
    last_price_units    bigint,
    last_quantity_units bigint,
    last_trade_id       bigint,
    last_trade_at       timestamptz,
    bid_price_units     bigint,
    bid_quantity_units  bigint,
    ask_price_units     bigint,
    ask_quantity_units  bigint,
    updated_at          timestamptz NOT NULL,
    updated_seq         bigint      NOT NULL,
    CONSTRAINT last_trade_is_whole
        CHECK (num_nulls(last_price_units, last_quantity_units, last_trade_id, last_trade_at) IN (0, 4)),
    CONSTRAINT bid_is_whole CHECK (num_nulls(bid_price_units, bid_quantity_units) IN (0, 2)),
    CONSTRAINT ask_is_whole CHECK (num_nulls(ask_price_units, ask_quantity_units) IN (0, 2)),
    CONSTRAINT not_crossed CHECK (bid_price_units < ask_price_units)
) WITH (fillfactor = 50);
COMMENT ON TABLE market_data.tickers IS
    'Row per security: last trade, best bid and best listing (ask); projection `market_data`';
COMMENT ON COLUMN market_data.tickers.bid_quantity_units IS 'Sum over the orders at the best bid';
COMMENT ON COLUMN market_data.tickers.updated_seq IS
    'event_seq of the newest trade or change of the book of the security';

-- The last 24 hours, minute by minute, as of now: a view, because tables know no clock.
CREATE VIEW market_data.stats_24h AS
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
COMMENT ON VIEW market_data.stats_24h IS
    'Row per security: the minutes that began in the last 24 hours; nulls and zeros without trades';
