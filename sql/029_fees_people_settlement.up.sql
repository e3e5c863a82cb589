-- Fees, eligibility, settlement, people and terms of securities in the journal's records (028 has its functions).
--
-- The JSON of an accepted order and of a trade names all their fields, new ones too: the logs for people fill again. Of
-- the other read models a new column's default is what a rebuild gives.

INSERT INTO record_format.types (kind, type, name, stream) VALUES
    (1, 19, 'UpdateProfile', NULL), (1, 20, 'SetPreference', NULL), (1, 21, 'SetKycStatus', NULL),
    (1, 22, 'SetAccreditation', NULL), (1, 23, 'AddComplianceNote', NULL), (1, 24, 'SetSecurityTerms', NULL),
    (1, 25, 'RecordValuation', NULL), (1, 26, 'DelistSecurity', NULL), (1, 27, 'SetFees', NULL),
    (1, 28, 'ChangeSettlement', NULL), (2, 31, 'ProfileUpdated', '{user:user}'),
    (2, 32, 'PreferenceSet', '{user:user}'), (2, 33, 'KycStatusChanged', '{user:user}'),
    (2, 34, 'AccreditationChanged', '{user:user}'), (2, 35, 'ComplianceNoted', '{user:user}'),
    (2, 36, 'SecurityTermsSet', '{security:security}'), (2, 37, 'ValuationRecorded', '{security:security}'),
    (2, 38, 'SecurityDelisted', '{security:security}'), (2, 39, 'FeesSet', '{security:security,market}'),
    (2, 40, 'SettlementChanged', '{trade:trade}');

INSERT INTO record_format.versions (record, version, field_count, nested_version) VALUES
    ('UpdateProfile', 1, 4, NULL), ('SetPreference', 1, 3, NULL), ('SetKycStatus', 1, 3, NULL),
    ('SetAccreditation', 1, 5, NULL), ('AddComplianceNote', 1, 2, NULL), ('SetSecurityTerms', 1, 10, NULL),
    ('RecordValuation', 1, 4, NULL), ('DelistSecurity', 1, 2, NULL), ('SetFees', 1, 4, NULL),
    ('ChangeSettlement', 1, 3, NULL), ('ProfileUpdated', 1, 4, NULL), ('PreferenceSet', 1, 3, NULL),
    ('KycStatusChanged', 1, 3, NULL), ('AccreditationChanged', 1, 5, NULL), ('ComplianceNoted', 1, 2, NULL),
    ('SecurityTermsSet', 1, 10, NULL), ('ValuationRecorded', 1, 4, NULL), ('SecurityDelisted', 1, 2, NULL),
    ('FeesSet', 1, 4, NULL), ('SettlementChanged', 1, 12, NULL), ('OrderAccepted', 3, 29, NULL),
    ('TradeExecuted', 3, 19, NULL);

INSERT INTO record_format.fields
    (record, position, name, format, size, argument, optional, default_json) VALUES
    ('UpdateProfile', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('UpdateProfile', 2, 'name', 'text', 100, NULL, true, NULL),
    ('UpdateProfile', 3, 'email', 'text', 100, NULL, true, NULL),
    ('UpdateProfile', 4, 'jurisdiction', 'text', 2, NULL, true, NULL),
    ('SetPreference', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('SetPreference', 2, 'key', 'text', 64, NULL, false, NULL),
    ('SetPreference', 3, 'value', 'text', 150, NULL, false, NULL),
    ('SetKycStatus', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('SetKycStatus', 2, 'status', 'word', 1, 'kyc_status', false, NULL),
    ('SetKycStatus', 3, 'note', 'text', 200, NULL, false, NULL),
    ('SetAccreditation', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('SetAccreditation', 2, 'status', 'word', 1, 'accreditation_status', false, NULL),
    ('SetAccreditation', 3, 'basis', 'word', 1, 'accreditation_basis', false, NULL),
    ('SetAccreditation', 4, 'evidence', 'text', 200, NULL, false, NULL),
    ('SetAccreditation', 5, 'expires_at', 'time', 8, NULL, false, NULL),
    ('AddComplianceNote', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('AddComplianceNote', 2, 'note', 'text', 200, NULL, false, NULL),
    ('SetSecurityTerms', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('SetSecurityTerms', 2, 'issuer', 'text', 100, NULL, false, NULL),
    ('SetSecurityTerms', 3, 'asset_class', 'word', 1, 'asset_class', false, NULL),
    ('SetSecurityTerms', 4, 'exemption', 'word', 1, 'exemption', false, NULL),
    ('SetSecurityTerms', 5, 'accredited_only', 'boolean', 1, NULL, false, NULL),
    ('SetSecurityTerms', 6, 'kyc_required', 'boolean', 1, NULL, false, NULL),
    ('SetSecurityTerms', 7, 'lock_up_until', 'time', 8, NULL, false, NULL),
    ('SetSecurityTerms', 8, 'settlement_days', 'unsigned', 1, NULL, false, NULL),
    ('SetSecurityTerms', 9, 'free_float', 'units', 8, NULL, false, NULL),
    ('SetSecurityTerms', 10, 'description', 'text', 100, NULL, false, NULL),
    ('RecordValuation', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('RecordValuation', 2, 'price', 'units', 8, NULL, false, NULL),
    ('RecordValuation', 3, 'valued_at', 'time', 8, NULL, false, NULL),
    ('RecordValuation', 4, 'method', 'text', 200, NULL, false, NULL),
    ('DelistSecurity', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('DelistSecurity', 2, 'note', 'text', 200, NULL, false, NULL),
    ('SetFees', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('SetFees', 2, 'maker_ppm', 'unsigned', 4, NULL, false, NULL),
    ('SetFees', 3, 'taker_ppm', 'unsigned', 4, NULL, false, NULL),
    ('SetFees', 4, 'account', 'id', 4, 'acc', false, NULL),
    ('ChangeSettlement', 1, 'trade', 'id', 8, 'trd', false, NULL),
    ('ChangeSettlement', 2, 'step', 'word', 1, 'settlement_step', false, NULL),
    ('ChangeSettlement', 3, 'note', 'text', 100, NULL, false, NULL),
    ('ProfileUpdated', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('ProfileUpdated', 2, 'name', 'text', 100, NULL, false, NULL),
    ('ProfileUpdated', 3, 'email', 'text', 100, NULL, false, NULL),
    ('ProfileUpdated', 4, 'jurisdiction', 'text', 2, NULL, false, NULL),
    ('PreferenceSet', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('PreferenceSet', 2, 'key', 'text', 64, NULL, false, NULL),
    ('PreferenceSet', 3, 'value', 'text', 150, NULL, false, NULL),
    ('KycStatusChanged', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('KycStatusChanged', 2, 'status', 'word', 1, 'kyc_status', false, NULL),
    ('KycStatusChanged', 3, 'note', 'text', 200, NULL, false, NULL),
    ('AccreditationChanged', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('AccreditationChanged', 2, 'status', 'word', 1, 'accreditation_status', false, NULL),
    ('AccreditationChanged', 3, 'basis', 'word', 1, 'accreditation_basis', false, NULL),
    ('AccreditationChanged', 4, 'evidence', 'text', 200, NULL, false, NULL),
    ('AccreditationChanged', 5, 'expires_at', 'time', 8, NULL, false, NULL),
    ('ComplianceNoted', 1, 'user', 'id', 4, 'usr', false, NULL),
    ('ComplianceNoted', 2, 'note', 'text', 200, NULL, false, NULL),
    ('SecurityTermsSet', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('SecurityTermsSet', 2, 'issuer', 'text', 100, NULL, false, NULL),
    ('SecurityTermsSet', 3, 'asset_class', 'word', 1, 'asset_class', false, NULL),
    ('SecurityTermsSet', 4, 'exemption', 'word', 1, 'exemption', false, NULL),
    ('SecurityTermsSet', 5, 'accredited_only', 'boolean', 1, NULL, false, NULL),
    ('SecurityTermsSet', 6, 'kyc_required', 'boolean', 1, NULL, false, NULL),
    ('SecurityTermsSet', 7, 'lock_up_until', 'time', 8, NULL, false, NULL),
    ('SecurityTermsSet', 8, 'settlement_days', 'unsigned', 1, NULL, false, NULL),
    ('SecurityTermsSet', 9, 'free_float', 'units', 8, NULL, false, NULL),
    ('SecurityTermsSet', 10, 'description', 'text', 100, NULL, false, NULL),
    ('ValuationRecorded', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('ValuationRecorded', 2, 'price', 'units', 8, NULL, false, NULL),
    ('ValuationRecorded', 3, 'valued_at', 'time', 8, NULL, false, NULL),
    ('ValuationRecorded', 4, 'method', 'text', 200, NULL, false, NULL),
    ('SecurityDelisted', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('SecurityDelisted', 2, 'note', 'text', 200, NULL, false, NULL),
    ('FeesSet', 1, 'security', 'id', 4, 'sec', false, NULL),
    ('FeesSet', 2, 'maker_ppm', 'unsigned', 4, NULL, false, NULL),
    ('FeesSet', 3, 'taker_ppm', 'unsigned', 4, NULL, false, NULL),
    ('FeesSet', 4, 'account', 'id', 4, 'acc', false, NULL),
    ('SettlementChanged', 1, 'trade', 'id', 8, 'trd', false, NULL),
    ('SettlementChanged', 2, 'security', 'id', 4, 'sec', false, NULL),
    ('SettlementChanged', 3, 'buyer_account', 'id', 4, 'acc', false, NULL),
    ('SettlementChanged', 4, 'seller_account', 'id', 4, 'acc', false, NULL),
    ('SettlementChanged', 5, 'step', 'word', 1, 'settlement_step', false, NULL),
    ('SettlementChanged', 6, 'cause', 'word', 1, 'state_cause', false, NULL),
    ('SettlementChanged', 7, 'quantity', 'units', 8, NULL, false, NULL),
    ('SettlementChanged', 8, 'notional', 'money', 16, NULL, false, NULL),
    ('SettlementChanged', 9, 'buyer_fee', 'money', 16, NULL, false, NULL),
    ('SettlementChanged', 10, 'seller_fee', 'money', 16, NULL, false, NULL),
    ('SettlementChanged', 11, 'fee_account', 'id', 4, 'acc', false, NULL),
    ('SettlementChanged', 12, 'note', 'text', 100, NULL, false, NULL),
    ('OrderAccepted', 28, 'maker_ppm', 'unsigned', 4, NULL, false, '0'),
    ('OrderAccepted', 29, 'taker_ppm', 'unsigned', 4, NULL, false, '0'),
    ('TradeExecuted', 16, 'maker_fee', 'money', 16, NULL, false, '"0.00000000"'),
    ('TradeExecuted', 17, 'taker_fee', 'money', 16, NULL, false, '"0.00000000"'),
    ('TradeExecuted', 18, 'fee_account', 'id', 4, 'acc', false, 'null'),
    ('TradeExecuted', 19, 'settles_at', 'time', 8, NULL, false, 'null');

INSERT INTO record_format.words (vocabulary, value, word) VALUES
    ('accreditation_basis', 0, 'none'), ('accreditation_basis', 1, 'income'), ('accreditation_basis', 2, 'net_worth'),
    ('accreditation_basis', 3, 'professional'), ('accreditation_basis', 4, 'entity'),
    ('accreditation_basis', 5, 'institution'), ('accreditation_status', 0, 'none'),
    ('accreditation_status', 1, 'pending'), ('accreditation_status', 2, 'verified'),
    ('accreditation_status', 3, 'rejected'), ('accreditation_status', 4, 'revoked'), ('asset_class', 1, 'equity'),
    ('asset_class', 2, 'fund'), ('asset_class', 3, 'bond'), ('asset_class', 4, 'fx'), ('asset_class', 5, 'crypto'),
    ('asset_class', 6, 'commodity'), ('asset_class', 7, 'index'), ('asset_class', 8, 'private_equity'),
    ('asset_class', 9, 'real_estate'), ('exemption', 0, 'none'), ('exemption', 1, 'reg_a'),
    ('exemption', 2, 'reg_cf'), ('exemption', 3, 'reg_d_506b'), ('exemption', 4, 'reg_d_506c'),
    ('exemption', 5, 'reg_s'), ('exemption', 6, 'rule_144a'), ('kyc_status', 0, 'none'), ('kyc_status', 1, 'pending'),
    ('kyc_status', 2, 'verified'), ('kyc_status', 3, 'rejected'), ('kyc_status', 4, 'expired'),
    ('reject_reason', 60, 'security_delisted'), ('reject_reason', 61, 'kyc_required'),
    ('reject_reason', 62, 'accreditation_required'), ('reject_reason', 63, 'locked_up'),
    ('reject_reason', 64, 'accreditation_not_allowed'), ('reject_reason', 65, 'terms_not_allowed'),
    ('reject_reason', 66, 'time_not_allowed'), ('reject_reason', 67, 'fees_not_allowed'),
    ('reject_reason', 68, 'trade_not_found'), ('settlement_step', 1, 'pending'), ('settlement_step', 2, 'settled'),
    ('settlement_step', 3, 'failed'), ('settlement_step', 4, 'canceled');

-- As in 025, and reads texts that may be missing.
-- The body of a reader: statements that find the places of the fields, and the expression of the record's JSON. The
-- fields lie `skip` bytes behind `base`, a variable or a number; behind a field of varying size a new variable begins.
CREATE OR REPLACE FUNCTION record_format.reader_of(
    record_name text, record_version smallint, INOUT base text, INOUT skip integer, INOUT variables integer,
    OUT statements text, OUT expression text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    layout record_format.versions;
    field record_format.fields;
    nested record;
    at text;
    value text;
    members text[] := '{}';
BEGIN
    statements := '';
    SELECT * INTO STRICT layout FROM record_format.versions v
     WHERE v.record = record_name AND v.version = record_version;
    FOR field IN SELECT * FROM record_format.fields f WHERE f.record = record_name ORDER BY f.position LOOP
        at := format('%s + %s', base, skip);
        IF field.position > layout.field_count THEN
            value := format('%L::jsonb', field.default_json);
        ELSIF field.format = 'record' THEN
            SELECT * INTO nested
              FROM record_format.reader_of(field.argument, layout.nested_version, base, skip, variables);
            base := nested.base;
            skip := nested.skip;
            variables := nested.variables;
            statements := statements || nested.statements;
            value := nested.expression;
        ELSIF field.format = 'list' THEN
            base := 'at' || variables + 1;
            SELECT * INTO nested
              FROM record_format.reader_of(field.argument, layout.nested_version, base, 0, variables + 1);
            variables := nested.variables;
            statements := statements || format($f$
    IF record_format.byte_at(event_seq, b, %1$s) > %2$s THEN
        PERFORM record_format.refuse(event_seq, %3$L);
    END IF;
    %4$s := %1$s + 1;
    list := '[]';
    FOR i IN 1 .. get_byte(b, %1$s) LOOP
        %5$s
        IF length(b) < %6$s THEN
            PERFORM record_format.refuse(event_seq, 'a record ends within a field');
        END IF;
        list := list || %7$s;
        %4$s := %6$s;
    END LOOP;$f$, at, field.size, field.name || ' has too many elements', base, nested.statements,
                   nested.base || ' + ' || nested.skip, nested.expression);
            skip := 0;
            value := 'list';
        ELSE
            value := record_format.value_of(field, at);
            IF field.optional OR field.format = 'text' THEN
                variables := variables + 1;
                base := 'at' || variables;
                skip := 0;
                statements := statements || format(
                    CASE WHEN NOT field.optional THEN
                             E'\n    %1$s := %2$s + 1 + record_format.byte_at(event_seq, b, %2$s);'
                         WHEN field.format <> 'text' THEN
                             E'\n    %1$s := %2$s + 1 + %3$s * record_format.byte_at(event_seq, b, %2$s);'
                         ELSE E'\n    %1$s := %2$s + 1 + CASE record_format.byte_at(event_seq, b, %2$s) WHEN 0 THEN 0 '
                              'ELSE 1 + record_format.byte_at(event_seq, b, %2$s + 1) END;' END,
                    base, at, field.size);
            ELSE
                skip := skip + field.size;
            END IF;
        END IF;
        members := members || format('%L, %s', field.name, value);
    END LOOP;
    expression := 'jsonb_build_object(' || array_to_string(members, ', ') || ')';
END
$$;

SELECT record_format.make_readers();

TRUNCATE log.events, log.streams, log.commands;
UPDATE projections.status SET checkpoint = 0 WHERE name IN ('events', 'commands');
