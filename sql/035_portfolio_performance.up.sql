-- How portfolios do: day change, allocation, performance; the close of the day before; when a lot may be sold. Views
-- alone, over the tables that are there; and what the last columns mean that no comment described.

-- Query: api.tickers, api.portfolio.
CREATE VIEW market_data.previous_closes AS
SELECT t.security_id, (SELECT c.close_units FROM market_data.candles c
                        WHERE c.security_id = t.security_id AND c."interval" = '1d'
                          AND c.bucket < date_trunc('day', now(), 'UTC')
                        ORDER BY c.bucket DESC LIMIT 1) AS close_units
FROM market_data.tickers t;
COMMENT ON VIEW market_data.previous_closes IS
    'Row per security: its last price before this UTC day. From: market_data';
COMMENT ON COLUMN market_data.previous_closes.close_units IS
    'In units of the security''s price_scale; null: no trade before this day';

CREATE OR REPLACE VIEW api.tickers AS
SELECT t.security_id, s.symbol, t.last_price_units, t.last_quantity_units, t.last_trade_id, t.last_trade_at,
       t.bid_price_units, t.bid_quantity_units, t.ask_price_units, t.ask_quantity_units,
       d.open_units AS open_24h_units, d.high_units AS high_24h_units, d.low_units AS low_24h_units,
       d.volume_units AS volume_24h_units, d.turnover AS turnover_24h, d.trade_count AS trade_count_24h,
       CASE WHEN d.volume_units > 0
            THEN round(d.turnover * power(10::numeric, s.quantity_scale) / d.volume_units, 8) END AS vwap_24h,
       t.last_price_units - d.open_units AS change_24h_units,
       s.price_scale, s.quantity_scale, t.updated_at, t.updated_seq,
       p.close_units AS previous_close_units, t.last_price_units - p.close_units AS day_change_units
FROM market_data.tickers t
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.stats_24h d USING (security_id)
LEFT JOIN market_data.previous_closes p USING (security_id);
COMMENT ON COLUMN api.tickers.previous_close_units IS 'Last price before this UTC day; null: no trade before it';
COMMENT ON COLUMN api.tickers.day_change_units IS 'Last price less previous close; null: no trade before this UTC day';

-- Query: GET /v1/portfolio. The market value is exact: the scales of price and quantity sum to at most 8.
CREATE OR REPLACE VIEW api.portfolio AS
SELECT h.account_id, h.security_id, s.symbol, h.quantity_units, h.quantity_units - h.reserved_units AS sellable_units,
       h.reserved_units AS held_units,
       CASE WHEN h.quantity_units > 0
            THEN round(h.cost_basis * power(10::numeric, s.quantity_scale) / h.quantity_units, 8) END AS average_cost,
       h.cost_basis, t.last_price_units, v.market_value, v.market_value - h.cost_basis AS unrealized_pnl,
       h.realized_pnl,
       s.currency, s.price_scale, s.quantity_scale,
       h.quantity_units - h.pending_in_units + h.pending_out_units AS settled_units,
       h.pending_in_units, h.pending_out_units,
       f.fifo_cost_basis, v.market_value - f.fifo_cost_basis AS fifo_unrealized_pnl, h.fifo_realized_pnl,
       p.close_units AS previous_close_units,
       round((t.last_price_units - p.close_units)::numeric * h.quantity_units
             / power(10::numeric, s.price_scale + s.quantity_scale), 8) AS day_change,
       round(v.market_value / nullif(sum(v.market_value) OVER (PARTITION BY h.account_id, s.currency), 0), 8)
           AS allocation
FROM portfolio.holdings h
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.tickers t USING (security_id)
LEFT JOIN market_data.previous_closes p USING (security_id)
CROSS JOIN LATERAL (SELECT round(t.last_price_units::numeric * h.quantity_units
                                 / power(10::numeric, s.price_scale + s.quantity_scale), 8) AS market_value) v
CROSS JOIN LATERAL (SELECT h.cost_basis - h.realized_pnl + h.fifo_realized_pnl AS fifo_cost_basis) f;
COMMENT ON COLUMN api.portfolio.previous_close_units IS
    'Last price before this UTC day, in units of price_scale; null: no trade before it';
COMMENT ON COLUMN api.portfolio.day_change IS
    'What its price moved since the previous close, times what is held now; null: no trade before this UTC day';
COMMENT ON COLUMN api.portfolio.allocation IS
    'Its part of the market value of all the account holds in this currency, 0 to 1, rounded to 8 decimals; null: no '
    'trade yet, or nothing is worth anything';

CREATE OR REPLACE VIEW api.lots AS
SELECT l.account_id, l.security_id, s.symbol, l.acquired_seq, l.acquired_at, l.trade_id, l.quantity_units,
       l.remaining_units, l.cost, l.remaining_cost,
       round(l.cost * power(10::numeric, s.quantity_scale) / l.quantity_units, 8) AS unit_cost,
       l.closed_at, s.currency, s.price_scale, s.quantity_scale,
       greatest(l.acquired_at, s.lock_up_until) AS sellable_from
FROM portfolio.lots l LEFT JOIN reference.securities s USING (security_id);
COMMENT ON COLUMN api.lots.sellable_from IS
    'When it was acquired, or when the lock-up of its security ends, if that is later: nobody may list it before';

-- What comes into an account or leaves it from outside, and is neither profit nor loss.
-- Query: the flows of accounts over a range of time; performance and totals below.
CREATE VIEW portfolio.external_flows AS
SELECT a.account_id, a.currency, a.event_seq, a.occurred_at,
       CASE WHEN a.type = 'issue'
            THEN coalesce(round(p.close_units::numeric * a.quantity_units
                                / power(10::numeric, i.price_scale + i.quantity_scale), 8), 0)
            ELSE a.amount END AS amount
FROM portfolio.activities a
LEFT JOIN portfolio.instruments i USING (security_id)
LEFT JOIN LATERAL (SELECT c.close_units FROM market_data.candles c
                    WHERE a.type = 'issue' AND c.security_id = a.security_id AND c."interval" = '1m'
                      AND c.bucket < date_trunc('minute', a.occurred_at)
                    ORDER BY c.bucket DESC LIMIT 1) p ON true
WHERE a.type IN ('deposit', 'withdrawal', 'issue');
COMMENT ON VIEW portfolio.external_flows IS
    'Row per deposit, withdrawal and issue of shares. From: portfolio, market_data';
COMMENT ON COLUMN portfolio.external_flows.amount IS
    'Money in, negative: out. Issued shares count at the last price before their minute, 0 before the first trade';

-- Products, for returns. A null changes nothing.
CREATE FUNCTION portfolio.compounded(so_far numeric, factor numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN round(so_far * factor, 16);
COMMENT ON FUNCTION portfolio.compounded(numeric, numeric) IS 'The product, to 16 decimals';
CREATE AGGREGATE portfolio.compound(numeric) (SFUNC = portfolio.compounded, STYPE = numeric, INITCOND = '1',
                                              PARALLEL = SAFE);
COMMENT ON AGGREGATE portfolio.compound(numeric) IS 'The product of all that is not null; 1 of nothing';

-- Query: how an account did: WHERE account_id = $1 AND currency = $2 ORDER BY day.
CREATE VIEW api.portfolio_performance AS
SELECT account_id, currency, day, equity, flows, equity - previous_equity - flows AS day_change,
       round(growth - 1, 8) AS day_return,
       round(portfolio.compound(growth) OVER (PARTITION BY account_id, currency ORDER BY day) - 1, 8)
           AS time_weighted_return
FROM (SELECT account_id, currency, day, equity, previous_equity, flows,
             CASE WHEN previous_equity + flows > 0 THEN equity / (previous_equity + flows) END AS growth
        FROM (SELECT h.account_id, h.currency, (h.bucket AT TIME ZONE 'UTC')::date AS day,
                     h.cash + h.holdings_value AS equity,
                     lag(h.cash + h.holdings_value, 1, 0::numeric)
                         OVER (PARTITION BY h.account_id, h.currency ORDER BY h.bucket) AS previous_equity,
                     coalesce(f.amount, 0) AS flows
                FROM portfolio.history_1d h
                LEFT JOIN (SELECT x.account_id, x.currency, date_trunc('day', x.occurred_at, 'UTC') AS bucket,
                                  sum(x.amount) AS amount
                             FROM portfolio.external_flows x
                            WHERE x.event_seq < (SELECT first_seq FROM portfolio.open_hour)
                            GROUP BY 1, 2, 3) f USING (account_id, currency, bucket)) days) returns;
COMMENT ON VIEW api.portfolio_performance IS
    'Row per account, currency and UTC day of its history: what it earned, deposits and withdrawals aside. The newest '
    'day is as of the end of its last hour that is over. From: portfolio, market_data';
COMMENT ON COLUMN api.portfolio_performance.day IS 'UTC; on days without a row nothing changed';
COMMENT ON COLUMN api.portfolio_performance.equity IS 'Cash and holdings at the last trade prices, when the day ended';
COMMENT ON COLUMN api.portfolio_performance.flows IS
    'Deposits less withdrawals, and issued shares at the last price before they came';
COMMENT ON COLUMN api.portfolio_performance.day_change IS
    'Equity less that of the row before, less flows: what trading, fees and prices made of it';
COMMENT ON COLUMN api.portfolio_performance.day_return IS
    'equity / (equity of the row before + flows) - 1, rounded to 8 decimals; null: nothing to earn on';
COMMENT ON COLUMN api.portfolio_performance.time_weighted_return IS
    'The returns of all days so far, compounded, rounded to 8 decimals: how it did whatever was paid in or out when';

-- Query: what an account is worth now, per currency: WHERE account_id = ANY($1).
CREATE VIEW api.portfolio_totals AS
SELECT k.account_id, k.currency, m.cash, m.available, m.unsettled, v.holdings_value,
       m.cash + v.holdings_value AS equity, v.cost_basis,
       v.holdings_value - v.cost_basis AS unrealized_pnl, v.realized_pnl, v.fifo_realized_pnl,
       round(m.cash / nullif(m.cash + v.holdings_value, 0), 8) AS cash_allocation,
       y.equity AS previous_equity, y.flows AS day_flows,
       m.cash + v.holdings_value - y.equity - y.flows AS day_change,
       CASE WHEN y.equity + y.flows > 0
            THEN round((m.cash + v.holdings_value) / (y.equity + y.flows) - 1, 8) END AS day_return
FROM (SELECT account_id, currency FROM portfolio.cash
      UNION
      SELECT h.account_id, i.currency FROM portfolio.holdings h JOIN portfolio.instruments i USING (security_id)) k
CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.total), 0) AS cash, coalesce(sum(c.total - c.reserved), 0) AS available,
           coalesce(sum(c.unsettled), 0) AS unsettled
    FROM portfolio.cash c WHERE (c.account_id, c.currency) = (k.account_id, k.currency)) m
CROSS JOIN LATERAL (
    SELECT coalesce(sum(round(h.quantity_units::numeric * i.last_price_units
                              / power(10::numeric, i.price_scale + i.quantity_scale), 8)), 0) AS holdings_value,
           coalesce(sum(h.cost_basis), 0) AS cost_basis, coalesce(sum(h.realized_pnl), 0) AS realized_pnl,
           coalesce(sum(h.fifo_realized_pnl), 0) AS fifo_realized_pnl
    FROM portfolio.holdings h JOIN portfolio.instruments i USING (security_id)
    WHERE h.account_id = k.account_id AND i.currency = k.currency) v
LEFT JOIN portfolio.open_hour o ON true
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT d.cash + d.holdings_value FROM portfolio.history_1d d
                      WHERE (d.account_id, d.currency) = (k.account_id, k.currency)
                        AND d.bucket < date_trunc('day', now(), 'UTC')
                      ORDER BY d.bucket DESC LIMIT 1), 0) AS equity,
           coalesce((SELECT sum(x.amount) FROM portfolio.external_flows x
                      WHERE (x.account_id, x.currency) = (k.account_id, k.currency)
                        AND x.occurred_at >= least(o.bucket, date_trunc('day', now(), 'UTC'))), 0) AS flows) y;
COMMENT ON VIEW api.portfolio_totals IS
    'Row per account and currency in which it has cash or holdings: what it is worth now, and what this UTC day made '
    'of it. An hour of yesterday that nothing has followed yet counts as this day. From: portfolio, market_data';
COMMENT ON COLUMN api.portfolio_totals.cash IS 'All its cash, reserved and unsettled included';
COMMENT ON COLUMN api.portfolio_totals.available IS 'Cash that is not reserved by open bids';
COMMENT ON COLUMN api.portfolio_totals.holdings_value IS
    'Of all holdings at the last trade prices; a security without trades counts 0';
COMMENT ON COLUMN api.portfolio_totals.equity IS 'cash + holdings_value';
COMMENT ON COLUMN api.portfolio_totals.unrealized_pnl IS 'holdings_value less cost_basis';
COMMENT ON COLUMN api.portfolio_totals.cash_allocation IS
    'The part of equity that is cash, 0 to 1, rounded to 8 decimals; null: there is no equity';
COMMENT ON COLUMN api.portfolio_totals.previous_equity IS 'When the previous UTC day ended; 0: nothing was there';
COMMENT ON COLUMN api.portfolio_totals.day_flows IS
    'Since then: deposits less withdrawals, and issued shares at the last price before they came';
COMMENT ON COLUMN api.portfolio_totals.day_change IS 'equity - previous_equity - day_flows';
COMMENT ON COLUMN api.portfolio_totals.day_return IS
    'equity / (previous_equity + day_flows) - 1, rounded to 8 decimals; null: nothing to earn on';

-- What the last columns mean that nobody had described.
COMMENT ON COLUMN log.events.stream_id IS 'Number of the aggregate; of the kind command: the command_seq';
COMMENT ON COLUMN log.events.event_type IS 'Name of the event''s record, as in record_format.types';
COMMENT ON COLUMN log.events.payload IS 'Its fields by name; money and units as text, times in RFC 3339';
COMMENT ON COLUMN log.events.metadata IS 'command_type: name of the command that caused it';
COMMENT ON COLUMN log.streams.stream_type IS 'Kind of aggregate, as in log.events';
COMMENT ON COLUMN log.streams.stream_id IS 'Number of the aggregate, as in log.events';
COMMENT ON COLUMN log.streams.version IS 'How many events it has: stream_version of its newest';
COMMENT ON COLUMN log.commands.command_seq IS 'Place among all commands, contiguous from 1';
COMMENT ON COLUMN log.commands.command_type IS 'Name of the command''s record, as in record_format.types';
COMMENT ON COLUMN log.commands.payload IS 'Its fields by name; secrets left out';
COMMENT ON COLUMN log.commands.actor IS 'user_id of who sent it; 0 = the system';
COMMENT ON COLUMN log.commands.occurred_at IS 'When it was decided, UTC';
COMMENT ON COLUMN log.commands.event_count IS 'How many events it caused';
COMMENT ON COLUMN log.extent.table_name IS 'events, commands';
COMMENT ON COLUMN record_format.types.name IS 'Of the record';
COMMENT ON COLUMN record_format.versions.record IS 'Name of the record';
COMMENT ON COLUMN record_format.versions.version IS 'As stored with the record, from 1';
COMMENT ON COLUMN record_format.fields.record IS 'Name of the record that has it';
COMMENT ON COLUMN record_format.fields.position IS 'Its place in the record, from 1';
COMMENT ON COLUMN record_format.fields.name IS 'As the JSON of the log names it';
COMMENT ON COLUMN record_format.fields.argument IS 'What its format needs to know, see there; null: nothing';
COMMENT ON COLUMN record_format.words.vocabulary IS 'Name of the enumeration';
COMMENT ON COLUMN record_format.words.value IS 'As stored; of a set: the number of the bit';
COMMENT ON COLUMN record_format.words.word IS 'As the JSON of the log and the API write it';

COMMENT ON COLUMN api.users.account_ids IS 'Its accounts, ascending';
COMMENT ON COLUMN api.accounts.user_status IS 'Account status of its owner: active, suspended, closed';
COMMENT ON COLUMN api.orders.side IS 'buy (a bid), sell (a listing)';
COMMENT ON COLUMN api.order_events.side IS 'Of the order: buy, sell';
COMMENT ON COLUMN api.fills.account_id IS 'Whose fill it is';
COMMENT ON COLUMN api.fills.side IS 'What it did: buy, sell';
COMMENT ON COLUMN api.fills.liquidity IS 'maker (its order was there first), taker';
COMMENT ON COLUMN api.fills.settlement_status IS 'Of the trade: pending, settled, failed, canceled';
COMMENT ON COLUMN api.balances.available IS 'total - held: what it may trade with';
COMMENT ON COLUMN api.balances.held IS 'Reserved by its open bids';
COMMENT ON COLUMN api.portfolio.sellable_units IS 'What no open listing holds';
COMMENT ON COLUMN api.portfolio.held_units IS 'Reserved by its open listings';
COMMENT ON COLUMN api.portfolio.average_cost IS
    'Money per whole unit, fees included, rounded to 8 decimals; null: none held';
COMMENT ON COLUMN api.portfolio.market_value IS 'quantity at the last trade price; null: no trade yet';
COMMENT ON COLUMN api.portfolio.unrealized_pnl IS 'market_value less cost_basis; null: no trade yet';
COMMENT ON COLUMN api.portfolio.fifo_unrealized_pnl IS 'market_value less fifo_cost_basis; null: no trade yet';
COMMENT ON COLUMN api.lot_disposals.realized_pnl IS 'proceeds less cost';
COMMENT ON COLUMN api.portfolio_history.resolution IS '1h (kept for 90 days), 1d (kept for ever)';
COMMENT ON COLUMN api.portfolio_history.equity IS 'cash + holdings_value when the hour or day ended';
COMMENT ON COLUMN api.portfolio_history.unrealized_pnl IS 'holdings_value less cost_basis';
COMMENT ON COLUMN api.candles_1m.vwap IS 'Money per whole unit, rounded to 8 decimals';
COMMENT ON COLUMN api.candles_1d.vwap IS 'Money per whole unit, rounded to 8 decimals';
COMMENT ON COLUMN api.daily_statistics.vwap IS 'Money per whole unit, rounded to 8 decimals';
COMMENT ON COLUMN api.daily_statistics.day IS 'UTC';
COMMENT ON COLUMN api.daily_statistics.change_units IS 'Close less previous close; null on the first day with trades';
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN VALUES ('open_24h_units', 'First price of the last 24 hours; null: no trade in them'),
                    ('high_24h_units', 'Highest price of the last 24 hours; null: no trade in them'),
                    ('low_24h_units', 'Lowest price of the last 24 hours; null: no trade in them'),
                    ('volume_24h_units', 'Quantity traded in the last 24 hours, in units of quantity_scale'),
                    ('turnover_24h', 'Money paid in the last 24 hours, in the security''s currency'),
                    ('trade_count_24h', 'Trades of the last 24 hours'),
                    ('vwap_24h', 'turnover / volume: money per whole unit, rounded to 8 decimals; null: no trade'),
                    ('change_24h_units', 'Last price less open; null: no trade in the last 24 hours') LOOP
        EXECUTE format('COMMENT ON COLUMN api.tickers.%I IS %L', c.column1, c.column2);
    END LOOP;
END
$$;
