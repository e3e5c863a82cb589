DROP VIEW api.ownership, api.valuations, api.securities, api.preferences, api.user_status_changes,
          api.compliance_notes, api.user_compliance, api.users;
DROP FUNCTION api.search_query(text);

CREATE VIEW api.users AS
SELECT u.user_id, u.name, u.roles, u.status, u.status_reason,
       ARRAY(SELECT a.account_id FROM identity.accounts a WHERE a.user_id = u.user_id ORDER BY a.account_id)
           AS account_ids,
       u.created_at, u.updated_at, u.updated_seq
FROM identity.users u;
COMMENT ON VIEW api.users IS 'Row per user with the ids of its accounts. From: users';

CREATE VIEW api.securities AS
SELECT s.security_id, s.symbol, s.name, s.currency, s.price_scale, s.quantity_scale, s.tick_size_units,
       s.lot_size_units, f.trading_state,
       CASE WHEN m.market_id IS NULL THEN s.state_reason ELSE m.state_reason END AS state_reason,
       s.shares_outstanding_units, s.created_at, s.updated_at, s.updated_seq,
       CASE WHEN m.market_id IS NULL THEN s.auction ELSE m.auction END AS auction,
       CASE WHEN m.market_id IS NULL THEN s.state_until ELSE m.state_until END AS state_until,
       CASE WHEN m.market_id IS NULL THEN s.state_cause ELSE m.state_cause END AS state_cause,
       s.trading_state AS own_state,
       s.reference_price_units, s.static_basis_points, s.dynamic_basis_points, s.halt_us, s.auction_us,
       CASE WHEN f.in_auction THEN s.indicated_price_units END AS indicated_price_units,
       CASE WHEN f.in_auction THEN s.indicated_paired_units END AS indicated_paired_units,
       CASE WHEN f.in_auction THEN s.indicated_imbalance_units END AS indicated_imbalance_units,
       CASE WHEN f.in_auction THEN s.indicated_imbalance_side END AS indicated_imbalance_side,
       CASE WHEN f.in_auction THEN s.indicated_at END AS indicated_at,
       s.auction_price_units, s.auction_paired_units, s.auction_at
FROM reference.securities s
LEFT JOIN reference.market m ON reference.severity(m.trading_state) > reference.severity(s.trading_state)
CROSS JOIN LATERAL (SELECT coalesce(m.trading_state, s.trading_state) AS trading_state,
                           coalesce(m.trading_state, s.trading_state) = 'auction' AS in_auction) f;
COMMENT ON VIEW api.securities IS
    'Row per security; trading_state and its reason, auction, until and cause: of the state in force. From: securities';
COMMENT ON COLUMN api.securities.own_state IS
    'The security''s own state; the severer of it and the market''s is in force';
COMMENT ON COLUMN api.securities.indicated_price_units IS
    'At which the auction in progress would trade if it ended now; null: not at all, or no auction';

DROP TABLE reference.valuations, reference.market_fees;
ALTER TABLE reference.securities
    DROP search, DROP issuer, DROP asset_class, DROP exemption, DROP accredited_only, DROP kyc_required,
    DROP lock_up_until, DROP settlement_days, DROP free_float_units, DROP description, DROP delisted_at,
    DROP delisted_reason, DROP valuation_price_units, DROP valued_at, DROP maker_ppm, DROP taker_ppm,
    DROP fee_account_id;

DROP TABLE identity.user_status_changes, identity.compliance_notes, identity.preferences;
ALTER TABLE identity.users
    DROP search, DROP email, DROP jurisdiction, DROP kyc_status, DROP kyc_since, DROP kyc_seq, DROP kyc_note,
    DROP accreditation_status, DROP accreditation_basis, DROP accreditation_evidence, DROP accreditation_verified_at,
    DROP accreditation_expires_at;
