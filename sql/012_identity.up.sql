-- Who: users, their accounts and their API keys. Projection `users`.

CREATE SCHEMA identity;
COMMENT ON SCHEMA identity IS 'Read model of users, accounts and API keys; projection `users`';

CREATE TABLE identity.users (
    user_id       bigint      PRIMARY KEY,
    name          text        NOT NULL,
    roles         text[]      NOT NULL,
    status        text        NOT NULL CONSTRAINT status_is_known CHECK (status IN ('active', 'suspended', 'closed')),
    status_reason text,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    created_seq   bigint      NOT NULL,
    updated_seq   bigint      NOT NULL
);
COMMENT ON TABLE  identity.users IS 'Row per user; projection `users`';
COMMENT ON COLUMN identity.users.roles IS 'Subset of trader, market_data, compliance, operator, admin';
COMMENT ON COLUMN identity.users.status_reason IS 'The note of the newest status change; null if none';
COMMENT ON COLUMN identity.users.updated_seq IS 'event_seq of the newest event that changed the row';

CREATE TABLE identity.accounts (
    account_id bigint      PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES identity.users,
    opened_at  timestamptz NOT NULL,
    opened_seq bigint      NOT NULL
);
-- Query: accounts of a user (GET /v1/account, /v1/admin/users).
CREATE INDEX accounts_user ON identity.accounts (user_id, account_id);
COMMENT ON TABLE identity.accounts IS
    'Row per account; orders, cash and holdings belong to accounts; projection `users`';

CREATE TABLE identity.api_keys (
    key_id      text        PRIMARY KEY CONSTRAINT key_id_is_hex CHECK (key_id ~ '^[0-9a-f]{16}$'),
    user_id     bigint      NOT NULL REFERENCES identity.users,
    roles       text[]      NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    created_seq bigint      NOT NULL,
    updated_seq bigint      NOT NULL
);
-- Query: keys of a user.
CREATE INDEX api_keys_user ON identity.api_keys (user_id);
COMMENT ON TABLE identity.api_keys IS
    'Row per API key: its public half only, no trace of the secret; projection `users`';
COMMENT ON COLUMN identity.api_keys.key_id IS 'The public half, 16 hexadecimal digits';
COMMENT ON COLUMN identity.api_keys.revoked_at IS 'Null while the key is valid';
