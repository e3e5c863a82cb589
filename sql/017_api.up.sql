-- What the API (and anybody's reports) may rely on: stable views over the read models, whatever becomes of the tables.
--
-- Amounts: *_units are integers of the security's scale, which stands beside them; money is numeric with 8 decimals.
-- A view that joins projections is as recent as the least recent of them; the comment of each view names them.
-- Pages are keyset pages: WHERE account_id = $1 AND order_id < $2 ORDER BY order_id DESC LIMIT $3, and security_id = $4
-- rather than symbol = $4. So that the planner merges two index scans in order instead of sorting it all, the unions
-- have no joins inside their arms, and are joined outside by LEFT JOIN, whose size it cannot underestimate.

CREATE SCHEMA api;
COMMENT ON SCHEMA api IS 'Stable views for readers of the read models';

CREATE VIEW api.securities AS
SELECT security_id, symbol, name, currency, price_scale, quantity_scale, tick_size_units, lot_size_units, trading_state,
       state_reason, shares_outstanding_units, created_at, updated_at, updated_seq
FROM reference.securities;
COMMENT ON VIEW api.securities IS 'Row per security. From: securities';

CREATE VIEW api.users AS
SELECT u.user_id, u.name, u.roles, u.status, u.status_reason,
       ARRAY(SELECT a.account_id FROM identity.accounts a WHERE a.user_id = u.user_id ORDER BY a.account_id)
           AS account_ids,
       u.created_at, u.updated_at, u.updated_seq
FROM identity.users u;
COMMENT ON VIEW api.users IS 'Row per user with the ids of its accounts. From: users';

CREATE VIEW api.accounts AS
SELECT a.account_id, a.user_id, u.status AS user_status, a.opened_at, a.opened_seq
FROM identity.accounts a JOIN identity.users u USING (user_id);
COMMENT ON VIEW api.accounts IS 'Row per account. From: users';

-- Queries: GET /v1/orders, /v1/listings, /v1/bids by account, status, symbol, side; by id; by client id.
CREATE VIEW api.orders AS
SELECT o.order_id, o.client_order_id, o.account_id, o.security_id, s.symbol, o.side, o.type, o.time_in_force,
       o.post_only, o.price_units, o.quantity_units, o.filled_units, o.leaves_units, o.notional,
       CASE WHEN o.filled_units > 0
            THEN round(o.notional * power(10::numeric, s.quantity_scale) / o.filled_units, 8) END AS average_price,
       o.status, o.reason, s.currency, s.price_scale, s.quantity_scale,
       o.created_at, o.updated_at, o.created_seq, o.updated_seq
FROM (SELECT order_id, client_order_id, account_id, security_id, 'buy'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq
      FROM trading.bids
      UNION ALL
      SELECT order_id, client_order_id, account_id, security_id, 'sell'::text AS side, type, time_in_force, post_only,
             price_units, quantity_units, filled_units, leaves_units, notional, status, reason,
             created_at, updated_at, created_seq, updated_seq
      FROM trading.listings) o
LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.orders IS
    'Row per order, both sides. Open: status IN (new, partially_filled). From: bids, listings, securities';
COMMENT ON COLUMN api.orders.average_price IS 'Money per whole unit, rounded to 8 decimals; null before the first fill';

CREATE VIEW api.trades AS
SELECT t.trade_id, t.event_seq, t.security_id, s.symbol, t.price_units, t.quantity_units, t.notional, t.taker_side,
       s.currency, s.price_scale, s.quantity_scale, t.executed_at
FROM trading.trades t JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.trades IS 'Row per trade, without its parties: public. From: trades, securities';

-- Query: GET /v1/fills by account, symbol, order. A trade of an account with itself is two fills.
CREATE VIEW api.fills AS
SELECT f.trade_id, f.account_id, f.order_id, coalesce(b.client_order_id, l.client_order_id) AS client_order_id,
       f.security_id, s.symbol, f.side, f.price_units, f.quantity_units, f.notional,
       CASE WHEN f.side = f.taker_side THEN 'taker' ELSE 'maker' END AS liquidity,
       s.currency, s.price_scale, s.quantity_scale, f.executed_at, f.event_seq
FROM (SELECT trade_id, buyer_account_id AS account_id, buy_order_id AS order_id, 'buy'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq
      FROM trading.trades
      UNION ALL
      SELECT trade_id, seller_account_id AS account_id, sell_order_id AS order_id, 'sell'::text AS side, security_id,
             price_units, quantity_units, notional, taker_side, executed_at, event_seq
      FROM trading.trades) f
LEFT JOIN reference.securities s USING (security_id)
LEFT JOIN trading.bids b ON f.side = 'buy' AND b.order_id = f.order_id
LEFT JOIN trading.listings l ON f.side = 'sell' AND l.order_id = f.order_id;
COMMENT ON VIEW api.fills IS
    'Row per trade and own side. From: trades, securities; client_order_id from bids, listings';

-- Query: GET /v1/balances.
CREATE VIEW api.balances AS
SELECT account_id, currency, total, total - reserved AS available, reserved AS held
FROM portfolio.cash;
COMMENT ON VIEW api.balances IS 'Row per account and currency. From: portfolio';

-- Query: GET /v1/portfolio. The market value is exact: the scales of price and quantity sum to at most 8.
CREATE VIEW api.portfolio AS
SELECT h.account_id, h.security_id, s.symbol, h.quantity_units, h.quantity_units - h.reserved_units AS sellable_units,
       h.reserved_units AS held_units,
       CASE WHEN h.quantity_units > 0
            THEN round(h.cost_basis * power(10::numeric, s.quantity_scale) / h.quantity_units, 8) END AS average_cost,
       h.cost_basis, t.last_price_units, v.market_value, v.market_value - h.cost_basis AS unrealized_pnl,
       h.realized_pnl,
       s.currency, s.price_scale, s.quantity_scale
FROM portfolio.holdings h
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.tickers t USING (security_id)
CROSS JOIN LATERAL (SELECT round(t.last_price_units::numeric * h.quantity_units
                                 / power(10::numeric, s.price_scale + s.quantity_scale), 8) AS market_value) v;
COMMENT ON VIEW api.portfolio IS
    'Row per account and security, valued at the last trade; nulls before it. From: portfolio, securities, market_data';

-- Query: GET /v1/markets/{symbol}/candles, by symbol and range of bucket.
CREATE VIEW api.candles_1m AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles_1m c JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.candles_1m IS 'Row per security and minute with trades. From: market_data, securities';

CREATE VIEW api.candles_1d AS
SELECT c.security_id, s.symbol, c.bucket, c.open_units, c.high_units, c.low_units, c.close_units, c.volume_units,
       c.turnover,
       round(c.turnover * power(10::numeric, s.quantity_scale) / c.volume_units, 8) AS vwap, c.trade_count,
       s.price_scale, s.quantity_scale
FROM market_data.candles_1d c JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.candles_1d IS 'Row per security and UTC day with trades. From: market_data, securities';

-- Query: GET /v1/markets/{symbol}/ticker.
CREATE VIEW api.tickers AS
SELECT t.security_id, s.symbol, t.last_price_units, t.last_quantity_units, t.last_trade_id, t.last_trade_at,
       t.bid_price_units, t.bid_quantity_units, t.ask_price_units, t.ask_quantity_units,
       d.open_units AS open_24h_units, d.high_units AS high_24h_units, d.low_units AS low_24h_units,
       d.volume_units AS volume_24h_units, d.turnover AS turnover_24h, d.trade_count AS trade_count_24h,
       CASE WHEN d.volume_units > 0
            THEN round(d.turnover * power(10::numeric, s.quantity_scale) / d.volume_units, 8) END AS vwap_24h,
       t.last_price_units - d.open_units AS change_24h_units,
       s.price_scale, s.quantity_scale, t.updated_at, t.updated_seq
FROM market_data.tickers t
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.stats_24h d USING (security_id);
COMMENT ON VIEW api.tickers IS 'Row per security with the last 24 hours. From: market_data, securities';
