DROP TABLE trading.prevented_matches;
ALTER TABLE trading.trades DROP auction;
DO $$
DECLARE
    orders text;
BEGIN
    FOREACH orders IN ARRAY ARRAY['bids', 'listings'] LOOP
        EXECUTE format('DROP INDEX trading.%s_open', orders);
        EXECUTE format($ddl$
ALTER TABLE trading.%1$I
    DROP CONSTRAINT status_matches_amounts,
    DROP stop_price_units, DROP trail_amount_units, DROP trail_basis_points, DROP protection_price_units,
    DROP display_quantity_units, DROP min_quantity_units, DROP all_or_none, DROP reduce_only,
    DROP self_trade_prevention, DROP expires_at, DROP group_id, DROP group_role, DROP prevented_units,
    DROP activation_reason, DROP activated_at,
    ADD CONSTRAINT status_matches_amounts CHECK (CASE status
        WHEN 'new'              THEN filled_units = 0 AND leaves_units = quantity_units
        WHEN 'partially_filled' THEN filled_units > 0 AND leaves_units > 0
                                     AND leaves_units = quantity_units - filled_units
        WHEN 'filled'           THEN filled_units = quantity_units AND leaves_units = 0
        WHEN 'canceled'         THEN leaves_units = 0 AND reason IS NOT NULL
        WHEN 'expired'          THEN leaves_units = 0 AND reason IS NOT NULL
        ELSE false END)
$ddl$, orders);
        EXECUTE format('CREATE INDEX ON trading.%I (account_id, order_id) '
                       'WHERE status IN (''new'', ''partially_filled'')', orders);
    END LOOP;
END
$$;
