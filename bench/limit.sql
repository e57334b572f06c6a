-- The named limit: one keyed statement that moves a balance and writes a row, and nothing else.
CREATE TABLE bench_balances (
    account_id bigint PRIMARY KEY,
    credits bigint NOT NULL CHECK (credits >= 0)
) WITH (fillfactor = 80);
CREATE TABLE bench_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES bench_balances,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    description text NOT NULL,
    idempotency_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (idempotency_key, account_id)
);
CREATE INDEX ON bench_entries (account_id, id);
