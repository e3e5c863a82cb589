-- Books that show a part of an order or stand crossed in an auction, and dead man's switches. Projections `market_data`
-- and `users`.

ALTER TABLE market_data.resting RENAME leaves_units TO shown_units;
ALTER TABLE market_data.resting
    DROP CONSTRAINT leaves_positive,
    ADD display_units bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT shows_or_could CHECK (shown_units >= 0 AND display_units >= 0 AND (shown_units > 0 OR display_units > 0));
COMMENT ON TABLE market_data.resting IS
    'Row per order in a book now, and per open iceberg: what the best prices follow from; projection `market_data`';
COMMENT ON COLUMN market_data.resting.shown_units IS 'What the book shows of it; 0 while an iceberg is not in the book';
COMMENT ON COLUMN market_data.resting.display_units IS 'Most that an iceberg shows at a time; 0: all of it';

ALTER TABLE market_data.tickers DROP CONSTRAINT not_crossed;
COMMENT ON COLUMN market_data.tickers.bid_price_units IS
    'Best bid in the book; in an auction, where nothing matches, it may be at or above the best listing';
COMMENT ON COLUMN market_data.tickers.bid_quantity_units IS 'What the orders at the best bid show';

ALTER TABLE identity.accounts ADD cancel_after_at timestamptz;
COMMENT ON COLUMN identity.accounts.cancel_after_at IS
    'When the dead man''s switch cancels its orders, unless it is set again before; null: off';
