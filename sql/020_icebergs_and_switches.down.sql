ALTER TABLE identity.accounts DROP cancel_after_at;
ALTER TABLE market_data.tickers ADD CONSTRAINT not_crossed CHECK (bid_price_units < ask_price_units);
DELETE FROM market_data.resting WHERE shown_units = 0;
ALTER TABLE market_data.resting
    DROP CONSTRAINT shows_or_could,
    DROP display_units,
    ADD CONSTRAINT leaves_positive CHECK (shown_units > 0);
ALTER TABLE market_data.resting RENAME shown_units TO leaves_units;
