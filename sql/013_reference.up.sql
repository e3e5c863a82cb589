-- What is traded. Projection `securities`.

CREATE SCHEMA reference;
COMMENT ON SCHEMA reference IS 'Read model of securities; projection `securities`';

CREATE TABLE reference.securities (
    security_id              bigint      PRIMARY KEY,
    symbol                   text        NOT NULL UNIQUE,
    name                     text        NOT NULL,
    currency                 text        NOT NULL,
    price_scale              smallint    NOT NULL CONSTRAINT price_scale_in_range CHECK (price_scale BETWEEN 0 AND 8),
    quantity_scale           smallint    NOT NULL
                             CONSTRAINT quantity_scale_in_range CHECK (quantity_scale BETWEEN 0 AND 8),
    tick_size_units          bigint      NOT NULL CONSTRAINT tick_size_positive CHECK (tick_size_units > 0),
    lot_size_units           bigint      NOT NULL CONSTRAINT lot_size_positive CHECK (lot_size_units > 0),
    trading_state            text        NOT NULL
                             CONSTRAINT trading_state_is_known
                             CHECK (trading_state IN ('open', 'halted', 'cancel_only', 'closed')),
    state_reason             text,
    shares_outstanding_units numeric(38) NOT NULL CONSTRAINT shares_not_negative CHECK (shares_outstanding_units >= 0),
    created_at               timestamptz NOT NULL,
    updated_at               timestamptz NOT NULL,
    created_seq              bigint      NOT NULL,
    updated_seq              bigint      NOT NULL,
    CONSTRAINT scales_sum_to_money CHECK (price_scale + quantity_scale <= 8)
);
COMMENT ON TABLE  reference.securities IS 'Row per security; projection `securities`';
COMMENT ON COLUMN reference.securities.price_scale IS 'Prices are integers of 10^-price_scale of the currency';
COMMENT ON COLUMN reference.securities.quantity_scale IS 'Quantities are integers of 10^-quantity_scale';
COMMENT ON COLUMN reference.securities.state_reason IS 'The note of the newest change of state; null if none';
COMMENT ON COLUMN reference.securities.shares_outstanding_units IS 'Everything issued so far, in quantity units';
