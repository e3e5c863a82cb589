-- People as compliance sees them, and securities with their terms, valuations and fees. Projections `users` and
-- `securities`.
--
-- Of `securities` a default is what a rebuild gives. The history of account statuses begins with the log, so the tables
-- of `users` fill again.

TRUNCATE identity.api_keys, identity.accounts, identity.users;
UPDATE projections.status SET checkpoint = 0 WHERE name = 'users';

ALTER TABLE identity.users
    ADD email                     text,
    ADD jurisdiction              text CONSTRAINT jurisdiction_is_a_country CHECK (jurisdiction ~ '^[A-Z]{2}$'),
    ADD kyc_status                text NOT NULL DEFAULT 'none'
                                  CONSTRAINT kyc_status_is_known
                                  CHECK (kyc_status IN ('none', 'pending', 'verified', 'rejected', 'expired')),
    ADD kyc_since                 timestamptz,
    ADD kyc_seq                   bigint,
    ADD kyc_note                  text,
    ADD accreditation_status      text NOT NULL DEFAULT 'none'
                                  CONSTRAINT accreditation_status_is_known
                                  CHECK (accreditation_status IN
                                         ('none', 'pending', 'verified', 'rejected', 'revoked')),
    ADD accreditation_basis       text
                                  CONSTRAINT accreditation_basis_is_known
                                  CHECK (accreditation_basis IN
                                         ('income', 'net_worth', 'professional', 'entity', 'institution')),
    ADD accreditation_evidence    text,
    ADD accreditation_verified_at timestamptz,
    ADD accreditation_expires_at  timestamptz,
    ADD search                    tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple', name || coalesce(' ' || email || ' ' || translate(email, '@._+-', '     '), ''))) STORED,
    ADD CONSTRAINT kyc_is_whole CHECK (
        num_nulls(kyc_since, kyc_seq) IN (0, 2)
        AND (kyc_seq IS NOT NULL OR (kyc_status = 'none' AND kyc_note IS NULL))),
    ADD CONSTRAINT accreditation_has_a_basis CHECK (
        accreditation_status <> 'verified' OR accreditation_basis IS NOT NULL),
    ADD CONSTRAINT accreditation_was_verified CHECK (
        (accreditation_status = 'verified') = (accreditation_verified_at IS NOT NULL)),
    ADD CONSTRAINT only_verified_expires CHECK (
        accreditation_status = 'verified' OR accreditation_expires_at IS NULL);
-- Query: users by words of name or email: WHERE search @@ api.search_query('ada exam').
CREATE INDEX users_search ON identity.users USING gin (search);
COMMENT ON COLUMN identity.users.user_id IS 'Numbered by the engine from 1';
COMMENT ON COLUMN identity.users.name IS 'As registered, or as the user changed it since';
COMMENT ON COLUMN identity.users.status IS
    'Of the account status machine: active, suspended (may only cancel), closed (final)';
COMMENT ON COLUMN identity.users.created_at IS 'When it was registered';
COMMENT ON COLUMN identity.users.created_seq IS 'event_seq of its registration';
COMMENT ON COLUMN identity.users.updated_at IS 'When the newest event that changed the row happened';
COMMENT ON COLUMN identity.users.email IS 'As the user says; null if it does not say';
COMMENT ON COLUMN identity.users.jurisdiction IS
    'Where it says it is resident, ISO 3166-1 alpha-2; null if it does not say';
COMMENT ON COLUMN identity.users.kyc_status IS
    'Newest result of knowing the customer: decides who trades what asks for it';
COMMENT ON COLUMN identity.users.kyc_since IS 'When kyc_status became what it is; null if it never changed';
COMMENT ON COLUMN identity.users.kyc_seq IS 'event_seq of that change; null if there was none';
COMMENT ON COLUMN identity.users.kyc_note IS 'Its note; null if none';
COMMENT ON COLUMN identity.users.accreditation_status IS 'Whether it counts as an accredited investor, expiry aside';
COMMENT ON COLUMN identity.users.accreditation_basis IS 'What that rests on; null if not said';
COMMENT ON COLUMN identity.users.accreditation_evidence IS 'What was seen, in words of compliance; null if not said';
COMMENT ON COLUMN identity.users.accreditation_verified_at IS
    'When it was last verified; null unless accreditation_status is verified';
COMMENT ON COLUMN identity.users.accreditation_expires_at IS 'From then on it does not count; null: never';
COMMENT ON COLUMN identity.users.search IS
    'Words of name and email, the email whole and in parts; lower case, otherwise as written';

COMMENT ON COLUMN identity.accounts.account_id IS 'Numbered by the engine from 1';
COMMENT ON COLUMN identity.accounts.user_id IS 'Its owner';
COMMENT ON COLUMN identity.accounts.opened_at IS 'When it was opened';
COMMENT ON COLUMN identity.accounts.opened_seq IS 'event_seq of its opening';
COMMENT ON COLUMN identity.api_keys.user_id IS 'Whose key it is';
COMMENT ON COLUMN identity.api_keys.roles IS 'What the key may do: a subset of the user''s roles';
COMMENT ON COLUMN identity.api_keys.created_at IS 'When it was made';
COMMENT ON COLUMN identity.api_keys.created_seq IS 'event_seq of its making';
COMMENT ON COLUMN identity.api_keys.updated_seq IS 'event_seq of the newest event that changed the row';

CREATE TABLE identity.preferences (
    user_id     bigint      NOT NULL REFERENCES identity.users,
    key         text        NOT NULL,
    value       text        NOT NULL CONSTRAINT value_is_not_empty CHECK (value <> ''),
    updated_at  timestamptz NOT NULL,
    updated_seq bigint      NOT NULL,
    PRIMARY KEY (user_id, key)  -- query: the preferences of a user
);
COMMENT ON TABLE  identity.preferences IS
    'Row per user and setting that its programs keep here; removed settings have none; projection `users`';
COMMENT ON COLUMN identity.preferences.user_id IS 'Whose setting it is';
COMMENT ON COLUMN identity.preferences.key IS 'Its name, [a-z0-9_.], up to 64 characters';
COMMENT ON COLUMN identity.preferences.value IS 'What the program keeps; means nothing to the engine';
COMMENT ON COLUMN identity.preferences.updated_at IS 'When it was set';
COMMENT ON COLUMN identity.preferences.updated_seq IS 'event_seq of that';

CREATE TABLE identity.compliance_notes (
    event_seq bigint      PRIMARY KEY,
    user_id   bigint      NOT NULL REFERENCES identity.users,
    note      text        NOT NULL,
    author    bigint,
    noted_at  timestamptz NOT NULL
);
-- Query: the notes on a user, newest first.
CREATE INDEX compliance_notes_user ON identity.compliance_notes (user_id, event_seq DESC);
COMMENT ON TABLE  identity.compliance_notes IS 'Row per note of compliance on a user, for ever; projection `users`';
COMMENT ON COLUMN identity.compliance_notes.event_seq IS 'Of the event that carried it';
COMMENT ON COLUMN identity.compliance_notes.user_id IS 'The user that the note is about';
COMMENT ON COLUMN identity.compliance_notes.note IS 'What was noted';
COMMENT ON COLUMN identity.compliance_notes.author IS 'user_id of who wrote it; null: the system itself';
COMMENT ON COLUMN identity.compliance_notes.noted_at IS 'When it was written';

CREATE TABLE identity.user_status_changes (
    event_seq   bigint      PRIMARY KEY,
    user_id     bigint      NOT NULL REFERENCES identity.users,
    what        text        NOT NULL CONSTRAINT what_is_known CHECK (what IN ('account', 'kyc', 'accreditation')),
    from_status text        NOT NULL,
    to_status   text        NOT NULL,
    note        text,
    actor       bigint,
    changed_at  timestamptz NOT NULL
);
-- Query: the history of a user, newest first.
CREATE INDEX user_status_changes_user ON identity.user_status_changes (user_id, event_seq DESC);
COMMENT ON TABLE  identity.user_status_changes IS
    'Row per change of a user''s account status, KYC status or accreditation, for ever; projection `users`';
COMMENT ON COLUMN identity.user_status_changes.event_seq IS 'Of the event that changed it';
COMMENT ON COLUMN identity.user_status_changes.user_id IS 'Whose status it is';
COMMENT ON COLUMN identity.user_status_changes.what IS 'Which of the three statuses';
COMMENT ON COLUMN identity.user_status_changes.from_status IS 'What it was before';
COMMENT ON COLUMN identity.user_status_changes.to_status IS
    'What it is since; as before, where only basis or expiry of an accreditation changed';
COMMENT ON COLUMN identity.user_status_changes.note IS 'Why; of an accreditation the evidence; null if not said';
COMMENT ON COLUMN identity.user_status_changes.actor IS 'user_id of who changed it; null: the system itself';
COMMENT ON COLUMN identity.user_status_changes.changed_at IS 'When';

ALTER TABLE reference.securities
    ADD issuer                text,
    ADD asset_class           text NOT NULL DEFAULT 'equity'
                              CONSTRAINT asset_class_is_known
                              CHECK (asset_class IN ('equity', 'fund', 'bond', 'fx', 'crypto', 'commodity', 'index',
                                                     'private_equity', 'real_estate')),
    ADD exemption             text NOT NULL DEFAULT 'none'
                              CONSTRAINT exemption_is_known
                              CHECK (exemption IN ('none', 'reg_a', 'reg_cf', 'reg_d_506b', 'reg_d_506c', 'reg_s',
                                                   'rule_144a')),
    ADD accredited_only       boolean  NOT NULL DEFAULT false,
    ADD kyc_required          boolean  NOT NULL DEFAULT false,
    ADD lock_up_until         timestamptz,
    ADD settlement_days       smallint NOT NULL DEFAULT 0
                              CONSTRAINT settlement_days_in_range CHECK (settlement_days BETWEEN 0 AND 10),
    ADD free_float_units      bigint   CONSTRAINT free_float_positive CHECK (free_float_units > 0),
    ADD description           text,
    ADD delisted_at           timestamptz,
    ADD delisted_reason       text     CONSTRAINT reason_of_a_delisting
                              CHECK (delisted_reason IS NULL OR delisted_at IS NOT NULL),
    ADD valuation_price_units bigint   CONSTRAINT valuation_positive CHECK (valuation_price_units > 0),
    ADD valued_at             timestamptz,
    ADD maker_ppm             integer  CONSTRAINT maker_ppm_in_range CHECK (maker_ppm BETWEEN 0 AND 100000),
    ADD taker_ppm             integer  CONSTRAINT taker_ppm_in_range CHECK (taker_ppm BETWEEN 0 AND 100000),
    ADD fee_account_id        bigint,
    ADD search                tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', symbol || ' ' || translate(symbol, '.', ' ')), 'A')
        || setweight(to_tsvector('simple', name), 'B')
        || setweight(to_tsvector('simple', coalesce(issuer, '')), 'C')) STORED,
    ADD CONSTRAINT valuation_is_whole CHECK (num_nulls(valuation_price_units, valued_at) IN (0, 2)),
    ADD CONSTRAINT fees_are_whole CHECK (num_nulls(maker_ppm, taker_ppm, fee_account_id) IN (0, 3));
-- Query: securities by words of symbol, name or issuer: WHERE search @@ api.search_query('acm').
CREATE INDEX securities_search ON reference.securities USING gin (search);
COMMENT ON COLUMN reference.securities.security_id IS 'Numbered by the engine from 1';
COMMENT ON COLUMN reference.securities.symbol IS 'Its ticker, [A-Z0-9.]; of a delisted security it is not free again';
COMMENT ON COLUMN reference.securities.name IS 'As created';
COMMENT ON COLUMN reference.securities.currency IS 'In which it trades, ISO 4217';
COMMENT ON COLUMN reference.securities.tick_size_units IS 'Prices are multiples of it, in price units';
COMMENT ON COLUMN reference.securities.lot_size_units IS 'Quantities of orders are multiples of it, in quantity units';
COMMENT ON COLUMN reference.securities.created_at IS 'When it was created';
COMMENT ON COLUMN reference.securities.created_seq IS 'event_seq of its creation';
COMMENT ON COLUMN reference.securities.updated_at IS 'When the newest event that changed the row happened';
COMMENT ON COLUMN reference.securities.updated_seq IS 'event_seq of that event';
COMMENT ON COLUMN reference.securities.reference_price_units IS
    'What the static band lies around, in price units; follows the auctions; null before the first';
COMMENT ON COLUMN reference.securities.static_basis_points IS
    'Half width of the static band, of the reference; 0: none';
COMMENT ON COLUMN reference.securities.dynamic_basis_points IS 'Half width around the last price; 0: none';
COMMENT ON COLUMN reference.securities.indicated_paired_units IS
    'Quantity that the auction in progress would trade; null when there is none';
COMMENT ON COLUMN reference.securities.indicated_imbalance_units IS
    'Quantity that would stay over at that price; null when there is no auction';
COMMENT ON COLUMN reference.securities.indicated_imbalance_side IS 'On which side; null: none would stay over';
COMMENT ON COLUMN reference.securities.auction_paired_units IS
    'Quantity that the newest auction traded; null: there was none';
COMMENT ON COLUMN reference.securities.issuer IS 'Who issued it; null if not said';
COMMENT ON COLUMN reference.securities.asset_class IS 'What kind of thing it is';
COMMENT ON COLUMN reference.securities.exemption IS
    'From the registration of an offering, of the Securities Act of the United States';
COMMENT ON COLUMN reference.securities.accredited_only IS 'Only accredited users may bid';
COMMENT ON COLUMN reference.securities.kyc_required IS 'Only users whose KYC status is verified may trade it';
COMMENT ON COLUMN reference.securities.lock_up_until IS 'Nobody may list it for sale before; null: no lock-up';
COMMENT ON COLUMN reference.securities.settlement_days IS
    'Business days from trade to settlement; 0: settles with the trade';
COMMENT ON COLUMN reference.securities.free_float_units IS
    'Quantity that is free to trade, in quantity units, as the issuer says; null if not said';
COMMENT ON COLUMN reference.securities.description IS 'In a few words; null if not said';
COMMENT ON COLUMN reference.securities.delisted_at IS 'When it was delisted, for good; null while it is not';
COMMENT ON COLUMN reference.securities.delisted_reason IS 'Why; null if not said, or not delisted';
COMMENT ON COLUMN reference.securities.valuation_price_units IS
    'Of the valuation with the latest valued_at, of equals the one recorded last; null: never valued';
COMMENT ON COLUMN reference.securities.valued_at IS 'The day and time that valuation is of; null: never valued';
COMMENT ON COLUMN reference.securities.maker_ppm IS
    'Its own fee of the maker, millionths of the notional; null: the market''s';
COMMENT ON COLUMN reference.securities.taker_ppm IS
    'Its own fee of the taker, millionths of the notional; null: the market''s';
COMMENT ON COLUMN reference.securities.fee_account_id IS 'The account that gets its own fees; null: the market''s';
COMMENT ON COLUMN reference.securities.search IS 'Words of symbol (A), name (B) and issuer (C), lower case';

COMMENT ON COLUMN reference.market.market_id IS 'Always 1';
COMMENT ON COLUMN reference.market.trading_state IS
    'Of the whole market; the severer of it and a security''s own is in force (view api.securities)';
COMMENT ON COLUMN reference.market.state_reason IS 'The note of the newest change of state; null if none';
COMMENT ON COLUMN reference.market.auction IS 'Which auction, where the state is one or leads to one; null: none';
COMMENT ON COLUMN reference.market.state_until IS 'When the clock makes the next step; null: an operator does';
COMMENT ON COLUMN reference.market.state_cause IS 'Who made the newest change: operator, volatility, clock';
COMMENT ON COLUMN reference.market.updated_at IS 'When the newest change happened';
COMMENT ON COLUMN reference.market.updated_seq IS 'event_seq of the newest change';

CREATE TABLE reference.market_fees (
    market_id      smallint    PRIMARY KEY CONSTRAINT there_is_one CHECK (market_id = 1),
    maker_ppm      integer     NOT NULL CONSTRAINT maker_ppm_in_range CHECK (maker_ppm BETWEEN 0 AND 100000),
    taker_ppm      integer     NOT NULL CONSTRAINT taker_ppm_in_range CHECK (taker_ppm BETWEEN 0 AND 100000),
    fee_account_id bigint      NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_seq    bigint      NOT NULL
);
COMMENT ON TABLE  reference.market_fees IS
    'Fees of all securities that have none of their own: one row, none before they are first set (no fees); projection '
    '`securities`';
COMMENT ON COLUMN reference.market_fees.market_id IS 'Always 1';
COMMENT ON COLUMN reference.market_fees.maker_ppm IS 'Fee of the maker of a trade, millionths of the notional';
COMMENT ON COLUMN reference.market_fees.taker_ppm IS 'Fee of the taker of a trade, millionths of the notional';
COMMENT ON COLUMN reference.market_fees.fee_account_id IS 'The account that gets the fees';
COMMENT ON COLUMN reference.market_fees.updated_at IS 'When they were set';
COMMENT ON COLUMN reference.market_fees.updated_seq IS 'event_seq of that';

CREATE TABLE reference.valuations (
    event_seq   bigint      PRIMARY KEY,
    security_id bigint      NOT NULL REFERENCES reference.securities,
    price_units bigint      NOT NULL CONSTRAINT price_positive CHECK (price_units > 0),
    valued_at   timestamptz NOT NULL,
    method      text,
    recorded_at timestamptz NOT NULL CONSTRAINT recorded_after_valued CHECK (recorded_at >= valued_at)
);
-- Query: the valuations of a security, newest first; the newest at or before a time.
CREATE INDEX valuations_security ON reference.valuations (security_id, valued_at DESC, event_seq DESC);
COMMENT ON TABLE  reference.valuations IS 'Row per valuation of a security, for ever; projection `securities`';
COMMENT ON COLUMN reference.valuations.event_seq IS 'Of the event that recorded it';
COMMENT ON COLUMN reference.valuations.security_id IS 'What was valued';
COMMENT ON COLUMN reference.valuations.price_units IS 'What a whole unit is worth, in price units of the security';
COMMENT ON COLUMN reference.valuations.valued_at IS 'The time that the value is of';
COMMENT ON COLUMN reference.valuations.method IS 'How it was found; null if not said';
COMMENT ON COLUMN reference.valuations.recorded_at IS 'When it was recorded';

-- What a person types: every word must begin a word of the text. Quotes and backslashes separate words; without any
-- word it is null.
CREATE FUNCTION api.search_query(typed text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT to_tsquery('simple', string_agg('''' || word || ''':*', ' & '))
          FROM regexp_split_to_table(translate(typed, '''\', '  '), '\s+') AS word
         WHERE word <> '');
COMMENT ON FUNCTION api.search_query(text) IS
    'For WHERE search @@ api.search_query(...) on api.users and api.securities: each word begins a word of the text';

CREATE OR REPLACE VIEW api.users AS
SELECT u.user_id, u.name, u.roles, u.status, u.status_reason,
       ARRAY(SELECT a.account_id FROM identity.accounts a WHERE a.user_id = u.user_id ORDER BY a.account_id)
           AS account_ids,
       u.created_at, u.updated_at, u.updated_seq, u.email, u.jurisdiction, u.search
FROM identity.users u;

CREATE VIEW api.user_compliance AS
SELECT user_id, name, status, status_reason, jurisdiction, kyc_status, kyc_since, kyc_note, accreditation_status,
       accreditation_basis, accreditation_evidence, accreditation_verified_at, accreditation_expires_at,
       accreditation_status = 'verified' AND (accreditation_expires_at IS NULL OR accreditation_expires_at > now())
           AS is_accredited,
       updated_at, updated_seq
FROM identity.users;
COMMENT ON VIEW api.user_compliance IS 'Row per user, for compliance. From: users';
COMMENT ON COLUMN api.user_compliance.is_accredited IS 'Verified, and not expired by now';

CREATE VIEW api.compliance_notes AS
SELECT event_seq, user_id, note, author, noted_at FROM identity.compliance_notes;
COMMENT ON VIEW api.compliance_notes IS 'Row per note of compliance. From: users';

CREATE VIEW api.user_status_changes AS
SELECT event_seq, user_id, what, from_status, to_status, note, actor, changed_at FROM identity.user_status_changes;
COMMENT ON VIEW api.user_status_changes IS 'Row per change of account status, KYC status or accreditation. From: users';

CREATE VIEW api.preferences AS
SELECT user_id, key, value, updated_at, updated_seq FROM identity.preferences;
COMMENT ON VIEW api.preferences IS 'Row per user and setting. From: users';

CREATE OR REPLACE VIEW api.securities AS
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
       s.auction_price_units, s.auction_paired_units, s.auction_at,
       s.issuer, s.asset_class, s.exemption, s.accredited_only, s.kyc_required, s.lock_up_until, s.settlement_days,
       s.free_float_units, s.description, s.delisted_at, s.delisted_reason, s.valuation_price_units, s.valued_at,
       coalesce(s.maker_ppm, e.maker_ppm, 0) AS maker_ppm, coalesce(s.taker_ppm, e.taker_ppm, 0) AS taker_ppm,
       coalesce(s.fee_account_id, e.fee_account_id) AS fee_account_id, s.maker_ppm IS NOT NULL AS has_own_fees,
       s.search
FROM reference.securities s
LEFT JOIN reference.market m ON reference.severity(m.trading_state) > reference.severity(s.trading_state)
LEFT JOIN reference.market_fees e ON true
CROSS JOIN LATERAL (SELECT coalesce(m.trading_state, s.trading_state) AS trading_state,
                           coalesce(m.trading_state, s.trading_state) = 'auction' AS in_auction) f;
COMMENT ON COLUMN api.securities.maker_ppm IS
    'In force: its own or the market''s, millionths of the notional; 0 before any are set';
COMMENT ON COLUMN api.securities.fee_account_id IS 'The account that gets them; null before any are set';
COMMENT ON COLUMN api.securities.has_own_fees IS 'Its fees are its own, not the market''s';

CREATE VIEW api.valuations AS
SELECT v.event_seq, v.security_id, s.symbol, v.price_units, v.valued_at, v.method, v.recorded_at, s.currency,
       s.price_scale
FROM reference.valuations v JOIN reference.securities s USING (security_id);
COMMENT ON VIEW api.valuations IS 'Row per valuation. From: securities';

-- Query: the holders of a security, largest first.
CREATE VIEW api.ownership AS
SELECT h.security_id, s.symbol, h.account_id, h.quantity_units,
       round(h.quantity_units / nullif(s.shares_outstanding_units, 0), 8) AS share_of_outstanding, s.quantity_scale
FROM portfolio.holdings h JOIN reference.securities s USING (security_id)
WHERE h.quantity_units > 0;
COMMENT ON VIEW api.ownership IS 'Row per security and account that holds some of it. From: portfolio, securities';
COMMENT ON COLUMN api.ownership.share_of_outstanding IS
    'Of all shares outstanding, 0 to 1, rounded to 8 decimals; null while `securities` has not seen the issue';
