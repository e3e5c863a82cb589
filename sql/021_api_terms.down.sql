UPDATE projections.status SET version = 1;
DROP VIEW api.prevented_matches, api.market, api.securities, api.accounts, api.orders, api.trades, api.fills;

CREATE VIEW api.securities AS
SELECT security_id, symbol, name, currency, price_scale, quantity_scale, tick_size_units, lot_size_units, trading_state,
       state_reason, shares_outstanding_units, created_at, updated_at, updated_seq
FROM reference.securities;
COMMENT ON VIEW api.securities IS 'Row per security. From: securities';

CREATE VIEW api.accounts AS
SELECT a.account_id, a.user_id, u.status AS user_status, a.opened_at, a.opened_seq
FROM identity.accounts a JOIN identity.users u USING (user_id);
COMMENT ON VIEW api.accounts IS 'Row per account. From: users';

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
