-- Lots, settlement, a ledger and a history for projection `portfolio`. Its tables are emptied and its worker fills them
-- again from the first event: what the new columns say follows from the whole log.

TRUNCATE portfolio.cash, portfolio.holdings, portfolio.reservations, portfolio.instruments;
UPDATE projections.status SET checkpoint = 0 WHERE name = 'portfolio';

ALTER TABLE portfolio.cash
    ADD unsettled numeric(38,8) NOT NULL CONSTRAINT unsettled_not_negative CHECK (unsettled >= 0);
COMMENT ON COLUMN portfolio.cash.account_id IS 'Whose';
COMMENT ON COLUMN portfolio.cash.currency IS 'ISO 4217 code';
COMMENT ON COLUMN portfolio.cash.total IS 'All cash of the account in this currency, reserved and unsettled included';
COMMENT ON COLUMN portfolio.cash.unsettled IS
    'Proceeds, less the seller''s fee, of its sales that are pending or failed: may be traded with, not withdrawn';

ALTER TABLE portfolio.holdings
    ADD fifo_realized_pnl numeric(38,8) NOT NULL,
    ADD pending_in_units  bigint NOT NULL CONSTRAINT pending_in_not_negative CHECK (pending_in_units >= 0),
    ADD pending_out_units bigint NOT NULL CONSTRAINT pending_out_not_negative CHECK (pending_out_units >= 0);
-- Query: the end of an hour: who holds a security that was traded in it.
CREATE INDEX holdings_security ON portfolio.holdings (security_id);
COMMENT ON COLUMN portfolio.holdings.account_id IS 'Whose';
COMMENT ON COLUMN portfolio.holdings.security_id IS 'Of what';
COMMENT ON COLUMN portfolio.holdings.quantity_units IS
    'What the account owns, unsettled trades included; units of the security''s quantity scale';
COMMENT ON COLUMN portfolio.holdings.cost_basis IS
    'What the holding cost, fees included, average-cost method; issued shares cost 0';
COMMENT ON COLUMN portfolio.holdings.realized_pnl IS
    'Proceeds of sales, less fees, less the average cost of what was sold';
COMMENT ON COLUMN portfolio.holdings.fifo_realized_pnl IS
    'The same by lots, the oldest sold first. cost_basis - realized_pnl + fifo_realized_pnl is what the open lots cost';
COMMENT ON COLUMN portfolio.holdings.pending_in_units IS
    'Bought in trades that are pending or failed: part of quantity_units, not delivered yet';
COMMENT ON COLUMN portfolio.holdings.pending_out_units IS
    'Sold in trades that are pending or failed: no part of quantity_units, not delivered yet';

COMMENT ON COLUMN portfolio.reservations.order_id IS 'An open order that reserves something';
COMMENT ON COLUMN portfolio.reservations.cash IS 'Reserved by a bid, its highest fee included; 0 for a listing';
COMMENT ON COLUMN portfolio.reservations.quantity_units IS 'Reserved by a listing; 0 for a bid';

ALTER TABLE portfolio.instruments
    ADD price_scale      smallint NOT NULL,
    ADD quantity_scale   smallint NOT NULL,
    ADD last_price_units bigint,
    ADD traded_seq       bigint,
    ADD CONSTRAINT traded_at_a_price CHECK ((last_price_units IS NULL) = (traded_seq IS NULL));
COMMENT ON TABLE portfolio.instruments IS
    'What projection `portfolio`, which reads no other, must know of each security';
COMMENT ON COLUMN portfolio.instruments.security_id IS 'Which security';
COMMENT ON COLUMN portfolio.instruments.currency IS 'In which it is paid, ISO 4217 code';
COMMENT ON COLUMN portfolio.instruments.price_scale IS 'Decimals of its prices';
COMMENT ON COLUMN portfolio.instruments.quantity_scale IS 'Decimals of its quantities';
COMMENT ON COLUMN portfolio.instruments.last_price_units IS 'Price of its last trade; null before the first';
COMMENT ON COLUMN portfolio.instruments.traded_seq IS 'event_seq of its last trade; null before the first';

CREATE TABLE portfolio.lots (
    account_id      bigint        NOT NULL,
    security_id     bigint        NOT NULL,
    acquired_seq    bigint        NOT NULL,
    acquired_at     timestamptz   NOT NULL,
    trade_id        bigint,
    quantity_units  bigint        NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    remaining_units bigint        NOT NULL,
    cost            numeric(38,8) NOT NULL CONSTRAINT cost_not_negative CHECK (cost >= 0),
    remaining_cost  numeric(38,8) NOT NULL,
    closed_at       timestamptz,
    PRIMARY KEY (account_id, security_id, acquired_seq),
    CONSTRAINT remaining_within_quantity CHECK (remaining_units >= 0 AND remaining_units <= quantity_units),
    CONSTRAINT remaining_cost_within_cost CHECK (remaining_cost >= 0 AND remaining_cost <= cost),
    CONSTRAINT closed_when_empty CHECK ((remaining_units = 0) = (closed_at IS NOT NULL)
                                        AND (remaining_units > 0 OR remaining_cost = 0))
) WITH (fillfactor = 80);
-- Query: the oldest open lots of a holding, which a sale reduces first; api.lots of an account, open ones.
CREATE INDEX lots_open ON portfolio.lots (account_id, security_id, acquired_seq) WHERE closed_at IS NULL;
COMMENT ON TABLE portfolio.lots IS
    'Row per purchase or issue: what was acquired together, and what is left of it. Projection `portfolio`';
COMMENT ON COLUMN portfolio.lots.account_id IS 'Whose';
COMMENT ON COLUMN portfolio.lots.security_id IS 'Of what';
COMMENT ON COLUMN portfolio.lots.acquired_seq IS 'event_seq of the trade or issue; the age of the lot';
COMMENT ON COLUMN portfolio.lots.acquired_at IS 'When: the time of that event';
COMMENT ON COLUMN portfolio.lots.trade_id IS 'The trade it was bought in; null: issued';
COMMENT ON COLUMN portfolio.lots.quantity_units IS 'Acquired; units of the security''s quantity scale';
COMMENT ON COLUMN portfolio.lots.remaining_units IS 'Not yet disposed of';
COMMENT ON COLUMN portfolio.lots.cost IS 'Paid for all of it, the buyer''s fee included; issued shares cost 0';
COMMENT ON COLUMN portfolio.lots.remaining_cost IS 'The part of cost that belongs to remaining_units';
COMMENT ON COLUMN portfolio.lots.closed_at IS 'When the last of it was disposed of; null while something remains';

CREATE TABLE portfolio.lot_disposals (
    trade_id       bigint        NOT NULL,
    event_seq      bigint        NOT NULL,
    account_id     bigint        NOT NULL,
    security_id    bigint        NOT NULL,
    acquired_seq   bigint        NOT NULL,
    disposed_at    timestamptz   NOT NULL,
    quantity_units bigint        NOT NULL CONSTRAINT quantity_positive CHECK (quantity_units > 0),
    cost           numeric(38,8) NOT NULL CONSTRAINT cost_not_negative CHECK (cost >= 0),
    proceeds       numeric(38,8) NOT NULL,
    undone_seq     bigint        CONSTRAINT undone_later CHECK (undone_seq > event_seq),
    PRIMARY KEY (trade_id, event_seq, acquired_seq)  -- query: what a canceled trade took, to put it back
) WITH (fillfactor = 95);
COMMENT ON TABLE portfolio.lot_disposals IS
    'Row per disposal and lot it took from. proceeds - cost is the profit realised. Projection `portfolio`';
COMMENT ON COLUMN portfolio.lot_disposals.trade_id IS 'The trade that sold, or whose cancellation took back';
COMMENT ON COLUMN portfolio.lot_disposals.event_seq IS 'Of the trade: a sale. Later: its cancellation, by the buyer';
COMMENT ON COLUMN portfolio.lot_disposals.account_id IS 'Of the lot';
COMMENT ON COLUMN portfolio.lot_disposals.security_id IS 'Of the lot';
COMMENT ON COLUMN portfolio.lot_disposals.acquired_seq IS 'Of the lot';
COMMENT ON COLUMN portfolio.lot_disposals.disposed_at IS 'When: the time of the event';
COMMENT ON COLUMN portfolio.lot_disposals.quantity_units IS 'Taken from the lot';
COMMENT ON COLUMN portfolio.lot_disposals.cost IS 'The part of the lot''s cost that went with it';
COMMENT ON COLUMN portfolio.lot_disposals.proceeds IS 'The part of what the disposal brought, fees deducted';
COMMENT ON COLUMN portfolio.lot_disposals.undone_seq IS
    'event_seq of the cancellation that put it back into the lot; null: it stands';

CREATE TABLE portfolio.activities (
    account_id     bigint        NOT NULL,
    event_seq      bigint        NOT NULL,
    line           smallint      NOT NULL,
    occurred_at    timestamptz   NOT NULL,
    type           text          NOT NULL CONSTRAINT type_is_known CHECK (type IN (
                       'deposit', 'withdrawal', 'issue', 'buy', 'sell', 'fee', 'fee_income', 'settled',
                       'settlement_failed', 'settlement_pending', 'trade_canceled', 'fee_refund',
                       'fee_income_returned')),
    currency       text          NOT NULL,
    security_id    bigint,
    quantity_units bigint,
    quantity_after bigint,
    amount         numeric(38,8),
    balance_after  numeric(38,8) CONSTRAINT balance_not_negative CHECK (balance_after >= 0),
    trade_id       bigint,
    order_id       bigint,
    PRIMARY KEY (account_id, event_seq, line),  -- query: api.activities of an account, newest first, after a cursor
    CONSTRAINT shares_have_a_security CHECK ((quantity_units IS NULL) = (quantity_after IS NULL)
                                             AND (quantity_units IS NULL OR security_id IS NOT NULL)),
    CONSTRAINT cash_has_a_balance CHECK ((amount IS NULL) = (balance_after IS NULL)),
    CONSTRAINT moves_or_settles CHECK ((amount IS NULL AND quantity_units IS NULL)
                                       = (type IN ('settled', 'settlement_failed', 'settlement_pending')))
);
-- Query: whom the open hour touched, when a worker starts.
CREATE INDEX activities_event_seq ON portfolio.activities USING brin (event_seq) WITH (autosummarize = on);
COMMENT ON TABLE portfolio.activities IS
    'The ledger: row per movement of cash or shares, and per step of a settlement. Projection `portfolio`';
COMMENT ON COLUMN portfolio.activities.account_id IS 'Whose';
COMMENT ON COLUMN portfolio.activities.event_seq IS 'The event that moved it';
COMMENT ON COLUMN portfolio.activities.line IS 'Order of the movements of one event, from 1';
COMMENT ON COLUMN portfolio.activities.occurred_at IS 'The time of the event';
COMMENT ON COLUMN portfolio.activities.type IS
    'What it is. trade_canceled, fee_refund, fee_income_returned: what a canceled trade moved, moved back. settled, '
    'settlement_failed, settlement_pending: a step of a trade that settles later, which moves nothing';
COMMENT ON COLUMN portfolio.activities.currency IS 'Of the amount, or in which the security is paid; ISO 4217 code';
COMMENT ON COLUMN portfolio.activities.security_id IS 'Null: cash only';
COMMENT ON COLUMN portfolio.activities.quantity_units IS 'Added to the holding, negative: taken; null: no shares moved';
COMMENT ON COLUMN portfolio.activities.quantity_after IS 'The holding after it; null: no shares moved';
COMMENT ON COLUMN portfolio.activities.amount IS 'Added to the balance, negative: taken; null: no cash moved';
COMMENT ON COLUMN portfolio.activities.balance_after IS 'The balance after it; null: no cash moved';
COMMENT ON COLUMN portfolio.activities.trade_id IS 'Null: not of a trade';
COMMENT ON COLUMN portfolio.activities.order_id IS 'The account''s order that traded; null: not buy, sell or fee';

CREATE TABLE portfolio.open_hour (
    hour_id   smallint    PRIMARY KEY CONSTRAINT one_row CHECK (hour_id = 1),
    bucket    timestamptz NOT NULL,
    first_seq bigint      NOT NULL
);
COMMENT ON TABLE portfolio.open_hour IS 'The hour that history waits to close: that of the newest event. One row';
COMMENT ON COLUMN portfolio.open_hour.hour_id IS 'Always 1';
COMMENT ON COLUMN portfolio.open_hour.bucket IS 'Its start';
COMMENT ON COLUMN portfolio.open_hour.first_seq IS 'Its first event';

CREATE TABLE portfolio.history_1h (
    account_id     bigint        NOT NULL,
    currency       text          NOT NULL,
    bucket         timestamptz   NOT NULL,
    cash           numeric(38,8) NOT NULL,
    holdings_value numeric(38,8) NOT NULL,
    cost_basis     numeric(38,8) NOT NULL,
    realized_pnl   numeric(38,8) NOT NULL,
    PRIMARY KEY (account_id, currency, bucket)  -- query: api.portfolio_history of an account, by range of bucket
);
-- Query: retention, what is older than the policy keeps. Rows come in the order of their buckets.
CREATE INDEX history_1h_bucket ON portfolio.history_1h USING brin (bucket) WITH (autosummarize = on);
COMMENT ON TABLE portfolio.history_1h IS
    'Row per account, currency and UTC hour in which its cash, its holdings or their prices moved, as of the '
    'hour''s end; between rows nothing changed. Kept for 90 days before the newest event''s day. '
    'Projection `portfolio`';

CREATE TABLE portfolio.history_1d (
    LIKE portfolio.history_1h,
    equity_low  numeric(38,8) NOT NULL,
    equity_high numeric(38,8) NOT NULL,
    PRIMARY KEY (account_id, currency, bucket),  -- query: api.portfolio_history of an account, by range of bucket
    CONSTRAINT equity_within_its_range CHECK (cash + holdings_value BETWEEN equity_low AND equity_high)
);
COMMENT ON TABLE portfolio.history_1d IS
    'The rows of history_1h rolled up to UTC days: as of the last of them. Kept for ever. Projection `portfolio`';
COMMENT ON COLUMN portfolio.history_1d.equity_low IS 'Lowest cash + holdings_value of its hours, as of their ends';
COMMENT ON COLUMN portfolio.history_1d.equity_high IS 'Highest cash + holdings_value of its hours, as of their ends';
DO $$
DECLARE
    history text;
BEGIN
    FOREACH history IN ARRAY ARRAY['portfolio.history_1h', 'portfolio.history_1d'] LOOP
        EXECUTE format($ddl$
COMMENT ON COLUMN %1$s.account_id IS 'Whose';
COMMENT ON COLUMN %1$s.currency IS 'Of the cash, and in which the holdings are paid; ISO 4217 code';
COMMENT ON COLUMN %1$s.bucket IS 'Start of the hour or day, UTC';
COMMENT ON COLUMN %1$s.cash IS 'Total cash at its end';
COMMENT ON COLUMN %1$s.holdings_value IS 'Of all holdings at the last trade prices; a security without trades counts 0';
COMMENT ON COLUMN %1$s.cost_basis IS 'What these holdings cost, average-cost method';
COMMENT ON COLUMN %1$s.realized_pnl IS 'Realised since the beginning, average-cost method'
$ddl$, history);
    END LOOP;
END
$$;

-- Query: GET /v1/balances.
CREATE OR REPLACE VIEW api.balances AS
SELECT account_id, currency, total, total - reserved AS available, reserved AS held, unsettled,
       greatest(total - reserved - unsettled, 0) AS withdrawable
FROM portfolio.cash;
COMMENT ON COLUMN api.balances.unsettled IS 'Proceeds of sales that are not settled: part of total, not withdrawable';
COMMENT ON COLUMN api.balances.withdrawable IS 'What a withdrawal may take: total - held - unsettled, or 0';

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
       f.fifo_cost_basis, v.market_value - f.fifo_cost_basis AS fifo_unrealized_pnl, h.fifo_realized_pnl
FROM portfolio.holdings h
JOIN reference.securities s USING (security_id)
LEFT JOIN market_data.tickers t USING (security_id)
CROSS JOIN LATERAL (SELECT round(t.last_price_units::numeric * h.quantity_units
                                 / power(10::numeric, s.price_scale + s.quantity_scale), 8) AS market_value) v
CROSS JOIN LATERAL (SELECT h.cost_basis - h.realized_pnl + h.fifo_realized_pnl AS fifo_cost_basis) f;
COMMENT ON COLUMN api.portfolio.settled_units IS
    'What is delivered: quantity - pending in + pending out. Negative: it delivered what it sold before it got it';
COMMENT ON COLUMN api.portfolio.fifo_cost_basis IS 'What the open lots cost, see api.lots';

-- Query: the lots of an account, of one security or all, open ones or all, oldest first.
CREATE VIEW api.lots AS
SELECT l.account_id, l.security_id, s.symbol, l.acquired_seq, l.acquired_at, l.trade_id, l.quantity_units,
       l.remaining_units, l.cost, l.remaining_cost,
       round(l.cost * power(10::numeric, s.quantity_scale) / l.quantity_units, 8) AS unit_cost,
       l.closed_at, s.currency, s.price_scale, s.quantity_scale
FROM portfolio.lots l LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.lots IS 'Row per purchase or issue, sold first in, first out. From: portfolio, securities';
COMMENT ON COLUMN api.lots.unit_cost IS 'Money per whole unit, fee included, rounded to 8 decimals';

-- Query: what was sold of an account's lots by a trade, and what each sale earned.
CREATE VIEW api.lot_disposals AS
SELECT d.account_id, d.security_id, s.symbol, d.trade_id, d.event_seq, d.disposed_at, d.acquired_seq, d.quantity_units,
       d.cost, d.proceeds, d.proceeds - d.cost AS realized_pnl, d.undone_seq, s.currency, s.quantity_scale
FROM portfolio.lot_disposals d LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.lot_disposals IS
    'Row per disposal and lot; those with undone_seq were put back and count no more. From: portfolio, securities';

-- Query: the ledger of an account: WHERE account_id = $1 AND (event_seq, line) < ($2, $3)
-- ORDER BY event_seq DESC, line DESC LIMIT $4.
CREATE VIEW api.activities AS
SELECT a.account_id, a.event_seq, a.line, a.occurred_at, a.type, a.currency, a.security_id, s.symbol, a.quantity_units,
       a.quantity_after, a.amount, a.balance_after, a.trade_id, a.order_id, s.price_scale, s.quantity_scale
FROM portfolio.activities a LEFT JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.activities IS
    'Row per movement of an account''s cash or shares; symbol and scales: null for cash. From: portfolio, securities';

-- Query: WHERE account_id = $1 AND currency = $2 AND resolution = $3 AND bucket >= $4 AND bucket < $5 ORDER BY bucket.
CREATE VIEW api.portfolio_history AS
SELECT h.account_id, h.currency, h.resolution, h.bucket, h.cash, h.holdings_value, h.cash + h.holdings_value AS equity,
       h.cost_basis, h.realized_pnl, h.holdings_value - h.cost_basis AS unrealized_pnl, h.equity_low, h.equity_high
FROM (SELECT account_id, currency, '1h'::text AS resolution, bucket, cash, holdings_value, cost_basis, realized_pnl,
             cash + holdings_value AS equity_low, cash + holdings_value AS equity_high
      FROM portfolio.history_1h
      UNION ALL
      SELECT account_id, currency, '1d'::text AS resolution, bucket, cash, holdings_value, cost_basis, realized_pnl,
             equity_low, equity_high
      FROM portfolio.history_1d) h;
COMMENT ON VIEW api.portfolio_history IS
    'What accounts were worth at the end of past hours (1h) and days (1d); a bucket without a row is as the one '
    'before. The present is api.portfolio and api.balances. From: portfolio';
