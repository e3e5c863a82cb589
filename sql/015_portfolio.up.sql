-- Who has what. Projection `portfolio`.

CREATE SCHEMA portfolio;
COMMENT ON SCHEMA portfolio IS 'Read model of cash and holdings; projection `portfolio`';

CREATE TABLE portfolio.cash (
    account_id bigint        NOT NULL,
    currency   text          NOT NULL,
    total      numeric(38,8) NOT NULL,
    reserved   numeric(38,8) NOT NULL,
    PRIMARY KEY (account_id, currency),
    CONSTRAINT reserved_within_total CHECK (reserved >= 0 AND reserved <= total)
) WITH (fillfactor = 50);
COMMENT ON TABLE  portfolio.cash IS 'Row per account and currency; projection `portfolio`';
COMMENT ON COLUMN portfolio.cash.reserved IS 'Held by open bids; total - reserved is free';

CREATE TABLE portfolio.holdings (
    account_id     bigint        NOT NULL,
    security_id    bigint        NOT NULL,
    quantity_units bigint        NOT NULL,
    reserved_units bigint        NOT NULL,
    cost_basis     numeric(38,8) NOT NULL CONSTRAINT cost_basis_not_negative CHECK (cost_basis >= 0),
    realized_pnl   numeric(38,8) NOT NULL,
    PRIMARY KEY (account_id, security_id),
    CONSTRAINT reserved_within_quantity CHECK (reserved_units >= 0 AND reserved_units <= quantity_units),
    CONSTRAINT nothing_costs_nothing CHECK (quantity_units > 0 OR cost_basis = 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE  portfolio.holdings IS 'Row per account and security ever held; projection `portfolio`';
COMMENT ON COLUMN portfolio.holdings.reserved_units IS 'Held by open listings; quantity - reserved is sellable';
COMMENT ON COLUMN portfolio.holdings.cost_basis IS 'What the holding cost, average-cost method; issued shares cost 0';
COMMENT ON COLUMN portfolio.holdings.realized_pnl IS 'Proceeds of sales less the cost of what was sold';

CREATE TABLE portfolio.reservations (
    order_id       bigint        PRIMARY KEY,
    cash           numeric(38,8) NOT NULL,
    quantity_units bigint        NOT NULL,
    CONSTRAINT holds_something CHECK (cash >= 0 AND quantity_units >= 0 AND (cash > 0 OR quantity_units > 0))
);
COMMENT ON TABLE portfolio.reservations IS
    'What each open order reserves now, needed to book an amend; projection `portfolio`';

CREATE TABLE portfolio.instruments (
    security_id bigint PRIMARY KEY,
    currency    text   NOT NULL
);
COMMENT ON TABLE portfolio.instruments IS
    'The currency in which each security is paid; projection `portfolio` reads no other';
