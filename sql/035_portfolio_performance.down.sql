-- The comments stay: what columns mean is as true as before.
DROP VIEW api.portfolio_totals, api.portfolio_performance, portfolio.external_flows;
DROP AGGREGATE portfolio.compound(numeric);
DROP FUNCTION portfolio.compounded(numeric, numeric);
DROP VIEW api.lots, api.portfolio, api.tickers, market_data.previous_closes;

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

CREATE VIEW api.portfolio AS
SELECT h.account_id, h.security_id, s.symbol, h.quantity_units, h.quantity_units - h.reserved_units AS sellable_units,
       h.reserved_units AS held_units,
       CASE WHEN h.quantity_units > 0
            THEN round(h.cost_basis * power(10::numeric, s.quantity_scale) / h.quantity_units, 8) END AS average_cost,
       h.cost_basis, t.last_price_units, v.market_value, v.market_value - h.cost_basis AS unrealized_pnl,
       h.realized_pnl,
       s.currency, s.price_scale, s.quantity_scale,
       h.quantity_units - h.pending_in_units + h.pending_out_units AS settled_units,
       h.pending_in_units, h.pending_out_units,
       f.fifo_cost_basis, v.market_value - f.fifo_cost_basis AS fifo_unrealized_pnl, h.fifo_realized_pnl
FROM portfolio.holdings h
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.tickers t USING (security_id)
CROSS JOIN LATERAL (SELECT round(t.last_price_units::numeric * h.quantity_units
                                 / power(10::numeric, s.price_scale + s.quantity_scale), 8) AS market_value) v
CROSS JOIN LATERAL (SELECT h.cost_basis - h.realized_pnl + h.fifo_realized_pnl AS fifo_cost_basis) f;
COMMENT ON VIEW api.portfolio IS
    'Row per account and security, valued at the last trade; nulls before it. From: portfolio, securities, market_data';
COMMENT ON COLUMN api.portfolio.settled_units IS
    'What is delivered: quantity - pending in + pending out. Negative: it delivered what it sold before it got it';
COMMENT ON COLUMN api.portfolio.fifo_cost_basis IS 'What the open lots cost, see api.lots';

CREATE VIEW api.lots AS
SELECT l.account_id, l.security_id, s.symbol, l.acquired_seq, l.acquired_at, l.trade_id, l.quantity_units,
       l.remaining_units, l.cost, l.remaining_cost,
       round(l.cost * power(10::numeric, s.quantity_scale) / l.quantity_units, 8) AS unit_cost,
       l.closed_at, s.currency, s.price_scale, s.quantity_scale
FROM portfolio.lots l LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.lots IS 'Row per purchase or issue, sold first in, first out. From: portfolio, securities';
COMMENT ON COLUMN api.lots.unit_cost IS 'Money per whole unit, fee included, rounded to 8 decimals';
