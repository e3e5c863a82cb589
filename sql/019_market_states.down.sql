DROP FUNCTION reference.severity(text);
DROP TABLE reference.market;
ALTER TABLE reference.securities
    DROP CONSTRAINT auction_has_a_kind, DROP CONSTRAINT indication_is_whole, DROP CONSTRAINT result_is_whole,
    DROP CONSTRAINT trading_state_is_known,
    ADD CONSTRAINT trading_state_is_known CHECK (trading_state IN ('open', 'halted', 'cancel_only', 'closed')),
    DROP auction, DROP state_until, DROP state_cause, DROP reference_price_units, DROP static_basis_points,
    DROP dynamic_basis_points, DROP halt_us, DROP auction_us, DROP indicated_price_units, DROP indicated_paired_units,
    DROP indicated_imbalance_units, DROP indicated_imbalance_side, DROP indicated_at, DROP auction_price_units,
    DROP auction_paired_units, DROP auction_at;
