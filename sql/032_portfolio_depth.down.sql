DROP VIEW api.portfolio_history, api.activities, api.lot_disposals, api.lots, api.portfolio, api.balances;
DROP TABLE portfolio.history_1d, portfolio.history_1h, portfolio.open_hour, portfolio.activities,
           portfolio.lot_disposals, portfolio.lots;
TRUNCATE portfolio.cash, portfolio.holdings, portfolio.reservations, portfolio.instruments;
UPDATE projections.status SET checkpoint = 0 WHERE name = 'portfolio';
ALTER TABLE portfolio.instruments
    DROP CONSTRAINT traded_at_a_price, DROP price_scale, DROP quantity_scale, DROP last_price_units, DROP traded_seq;
DROP INDEX portfolio.holdings_security;
ALTER TABLE portfolio.holdings DROP fifo_realized_pnl, DROP pending_in_units, DROP pending_out_units;
ALTER TABLE portfolio.cash DROP unsettled;

CREATE VIEW api.balances AS
SELECT account_id, currency, total, total - reserved AS available, reserved AS held
FROM portfolio.cash;
COMMENT ON VIEW api.balances IS 'Row per account and currency. From: portfolio';

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
