-- The views again, with what 018 to 020 added: columns are appended, so that readers who name theirs need no change.

CREATE OR REPLACE VIEW api.securities AS
SELECT s.security_id, s.symbol, s.name, s.currency, s.price_scale, s.quantity_scale, s.tick_size_units,
       s.lot_size_units, f.trading_state,
       CASE WHEN m.market_id IS NULL THEN s.state_reason ELSE m.state_reason END AS state_reason,
       s.shares_outstanding_units, s.created_at, s.updated_at, s.updated_seq,
       CASE WHEN m.market_id IS NULL THEN s.auction ELSE m.auction END AS auction,
       CASE WHEN m.market_id IS NULL THEN s.state_until ELSE m.state_until END AS state_until,
       CASE WHEN m.market_id IS NULL THEN s.state_cause ELSE m.state_cause END AS state_cause,
       s.trading_state AS own_state,
       s.reference_price_units, s.static_basis_points, s.dynamic_basis_points, s.halt_us, s.auction_us,
       CASE WHEN f.in_auction THEN s.indicated_price_units END AS indicated_price_units,
       CASE WHEN f.in_auction THEN s.indicated_paired_units END AS indicated_paired_units,
       CASE WHEN f.in_auction THEN s.indicated_imbalance_units END AS indicated_imbalance_units,
       CASE WHEN f.in_auction THEN s.indicated_imbalance_side END AS indicated_imbalance_side,
       CASE WHEN f.in_auction THEN s.indicated_at END AS indicated_at,
       s.auction_price_units, s.auction_paired_units, s.auction_at
FROM reference.securities s
LEFT JOIN reference.market m ON reference.severity(m.trading_state) > reference.severity(s.trading_state)
CROSS JOIN LATERAL (SELECT coalesce(m.trading_state, s.trading_state) AS trading_state,
                           coalesce(m.trading_state, s.trading_state) = 'auction' AS in_auction) f;
COMMENT ON VIEW api.securities IS
    'Row per security; trading_state and its reason, auction, until and cause: of the state in force. From: securities';
COMMENT ON COLUMN api.securities.own_state IS 'The security''s own state; the severer of it and the market''s is in force';
COMMENT ON COLUMN api.securities.indicated_price_units IS
    'At which the auction in progress would trade if it ended now; null: not at all, or no auction';

CREATE VIEW api.market AS
SELECT coalesce(m.trading_state, 'open') AS trading_state, m.state_reason, m.auction, m.state_until,
       coalesce(m.state_cause, 'operator') AS state_cause, m.updated_at, m.updated_seq
FROM (VALUES (1)) one (market_id) LEFT JOIN reference.market m USING (market_id);
COMMENT ON VIEW api.market IS 'The market as a whole, always one row; updated_*: null before a first change. From: securities';

CREATE OR REPLACE VIEW api.accounts AS
SELECT a.account_id, a.user_id, u.status AS user_status, a.opened_at, a.opened_seq, a.cancel_after_at
FROM identity.accounts a JOIN identity.users u USING (user_id);

-- Queries: GET /v1/orders, /v1/listings, /v1/bids by account, status, symbol, side; by id; by client id.
CREATE OR REPLACE VIEW api.orders AS
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
COMMENT ON COLUMN api.orders.status IS 'new, held (waits beside the book), partially_filled, filled, canceled, expired';
COMMENT ON COLUMN api.orders.group_id IS 'order_id of its group''s first leg: the legs are it and the one or two after it';

CREATE OR REPLACE VIEW api.trades AS
SELECT t.trade_id, t.event_seq, t.security_id, s.symbol, t.price_units, t.quantity_units, t.notional, t.taker_side,
       s.currency, s.price_scale, s.quantity_scale, t.executed_at, t.auction
FROM trading.trades t JOIN reference.securities s USING (security_id);

CREATE OR REPLACE VIEW api.fills AS
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

-- Query: prevented matches of accounts, newest first, after a cursor on event_seq.
CREATE VIEW api.prevented_matches AS
SELECT p.event_seq, p.security_id, s.symbol, p.maker_order_id, p.taker_order_id, p.maker_account_id, p.taker_account_id,
       p.taker_side, p.mode, p.price_units, p.quantity_units, s.currency, s.price_scale, s.quantity_scale, p.prevented_at
FROM trading.prevented_matches p LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.prevented_matches IS
    'Row per prevented match; both accounts are one user''s. From: trades, securities';

-- The log for people spells old records with their new fields, as decoding gives them, and names the version that a record
-- has today. So these two read models are emptied and filled again from the journal by their workers; all others stay:
-- for their rows the columns' defaults say what a rebuild would.
TRUNCATE log.events, log.streams, log.commands;
UPDATE projections.status SET checkpoint = 0 WHERE name IN ('events', 'commands');
UPDATE projections.status SET version = 2;
COMMENT ON COLUMN log.events.stream_type IS
    'Kind of aggregate: user, account, security, order, trade, command; market (0): all securities, clock, deferred work';
COMMENT ON COLUMN log.events.schema_version IS 'The newest version of its record type: older ones are read as if they were';
