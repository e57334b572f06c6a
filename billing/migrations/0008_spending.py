"""Spending in one round trip: a deduction, or many of them.

Every function locks the account's balance first. So callers of one account stand in line, the
second of two with one key finds the first one's row, and nothing can deadlock.
"""

from importlib import import_module

from django.db import migrations

POST_CREDIT_OF_THE_FIRST_LEDGER = import_module("billing.migrations.0002_ledger").POST_CREDIT

DROP_FIRST_POST_CREDIT = """
DROP FUNCTION post_credit(
    bigint, text, bigint, text, text, text, bigint, bigint, text, bigint, jsonb
);
"""

# A hold that is over must not stand in the way until the daily job comes by. They are freed only
# when that is enough: a refusal changes nothing. The balance is locked by the caller.
FREE_DUE_HOLDS = """
CREATE FUNCTION free_due_holds(p_account bigint, p_missing bigint, p_now timestamptz)
    RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    due bigint;
BEGIN
    SELECT coalesce(sum(h.amount), 0) INTO due FROM igny8_credit_holds h
     WHERE h.account_id = p_account AND h.status = 'held' AND h.expires_at <= p_now;
    IF due > 0 AND due >= p_missing THEN
        UPDATE igny8_credit_holds h SET status = 'expired', resolved_at = p_now
         WHERE h.account_id = p_account AND h.status = 'held' AND h.expires_at <= p_now;
    END IF;
    RETURN due;
END $$;
"""

# p_wait false: when another transaction is at work on this key, say so at once instead of waiting
# for it. `asked` is the amount, so that a caller who left the price to SQL can name it.
POST_CREDIT = """
CREATE FUNCTION post_credit(
    p_account bigint, p_type text, p_amount bigint, p_operation text, p_description text,
    p_reason text, p_created_by bigint, p_payment bigint, p_key text, p_reverses bigint,
    p_metadata jsonb, p_wait boolean,
    OUT outcome text, OUT available bigint, OUT asked bigint, OUT id bigint, OUT sequence bigint,
    OUT type text, OUT amount bigint, OUT balance_after bigint, OUT operation text,
    OUT description text, OUT created_at timestamptz, OUT request text
) LANGUAGE plpgsql AS $$
DECLARE
    is_frozen boolean;
BEGIN
    asked := p_amount;
    IF p_amount = 0 OR abs(p_amount) > 10000000 THEN
        outcome := 'out_of_range';
        RETURN;
    END IF;
    IF NOT p_wait AND NOT pg_try_advisory_xact_lock(hashtextextended(p_key, p_account)) THEN
        outcome := 'in_progress';
        RETURN;
    END IF;
    SELECT b.credits - b.held, b.frozen INTO available, is_frozen
      FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown_account';
        RETURN;
    END IF;
    IF p_key IS NOT NULL THEN
        SELECT t.id, t.sequence, t.type, t.amount, t.balance_after, t.operation, t.description,
               t.created_at, t.metadata ->> 'request'
          INTO id, sequence, type, amount, balance_after, operation, description,
               created_at, request
          FROM igny8_credit_transactions t
         WHERE t.idempotency_key = p_key AND t.account_id = p_account;
        IF FOUND THEN
            outcome := 'replayed';
            RETURN;
        END IF;
    END IF;
    IF is_frozen AND p_type = 'deduction' THEN
        outcome := 'frozen';
        RETURN;
    END IF;
    IF available + p_amount < 0 THEN
        available := available + free_due_holds(p_account, -p_amount - available, now());
        IF available + p_amount < 0 THEN
            outcome := 'insufficient';
            RETURN;
        END IF;
    END IF;
    INSERT INTO igny8_credit_transactions AS t (
        account_id, type, amount, operation, description, reason, created_by_id, payment_id,
        idempotency_key, reverses_id, metadata
    ) VALUES (
        p_account, p_type, p_amount, p_operation, p_description, p_reason, p_created_by,
        p_payment, p_key, p_reverses, coalesce(p_metadata, '{}')
    ) RETURNING t.id, t.sequence, t.type, t.amount, t.balance_after, t.operation, t.description,
                t.created_at, t.metadata ->> 'request'
        INTO id, sequence, type, amount, balance_after, operation, description, created_at,
             request;
    available := available + p_amount;
    outcome := 'posted';
END $$;
"""
DROP_POST_CREDIT = """
DROP FUNCTION post_credit(
    bigint, text, bigint, text, text, text, bigint, bigint, text, bigint, jsonb, boolean
);
"""

# The balances are locked in the order of their accounts, so that two batches cannot wait for each
# other. Accounts of which every item is new and fits are posted by one INSERT, which is three times
# as fast; the items of the others go one by one, in the order they were given.
DEDUCT_MANY = """
CREATE FUNCTION deduct_many(
    p_accounts bigint[], p_operations text[], p_units bigint[], p_default_units text[],
    p_default_credits bigint[], p_keys text[], p_descriptions text[], p_metadata jsonb[]
) RETURNS TABLE (
    item bigint, outcome text, available bigint, asked bigint, id bigint, sequence bigint,
    type text, amount bigint, balance_after bigint, operation text, description text,
    created_at timestamptz, request text
) LANGUAGE plpgsql AS $$
DECLARE
    costs bigint[];
    plain bigint[];
BEGIN
    PERFORM FROM igny8_credit_balances b
      WHERE b.account_id = ANY (p_accounts) ORDER BY b.account_id FOR NO KEY UPDATE;
    SELECT array_agg(operation_cost(i.operation, i.units, i.unit, i.credits) ORDER BY i.n)
      INTO costs
      FROM unnest(p_operations, p_units, p_default_units, p_default_credits)
           WITH ORDINALITY AS i (operation, units, unit, credits, n);
    SELECT coalesce(array_agg(whole.account), '{}') INTO plain FROM (
        SELECT i.account
          FROM unnest(p_accounts, p_keys, costs) AS i (account, key, cost)
          JOIN igny8_credit_balances b ON b.account_id = i.account AND NOT b.frozen
          LEFT JOIN igny8_credit_transactions t
                 ON t.idempotency_key = i.key AND t.account_id = i.account
         GROUP BY i.account, b.credits, b.held
        HAVING bool_and(t.id IS NULL) AND count(*) = count(DISTINCT i.key)
           AND min(i.cost) > 0 AND max(i.cost) <= 10000000
           AND sum(i.cost) <= b.credits - b.held
    ) AS whole;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT i.* FROM unnest(p_accounts, p_operations, costs, p_keys, p_descriptions, p_metadata)
               WITH ORDINALITY AS i (account, operation, cost, key, description, metadata, n)
         WHERE i.account = ANY (plain)
    ), written AS (
        INSERT INTO igny8_credit_transactions AS t (
            account_id, type, amount, operation, description, reason, idempotency_key, metadata
        )
        SELECT g.account, 'deduction', -g.cost, g.operation, g.description, '', g.key,
               coalesce(g.metadata, '{}')
          FROM given g ORDER BY g.n
        RETURNING t.*
    )
    SELECT g.n, 'posted', w.balance_after - b.held, w.amount, w.id, w.sequence, w.type::text,
           w.amount, w.balance_after, w.operation::text, w.description::text, w.created_at,
           w.metadata ->> 'request'
      FROM written w
      JOIN given g ON g.key = w.idempotency_key AND g.account = w.account_id
      JOIN igny8_credit_balances b ON b.account_id = w.account_id;
    FOR n IN 1 .. cardinality(p_accounts) LOOP
        CONTINUE WHEN p_accounts[n] = ANY (plain);
        RETURN QUERY SELECT n::bigint, one.* FROM post_credit(
            p_accounts[n], 'deduction', -costs[n], p_operations[n], p_descriptions[n], '', NULL,
            NULL, p_keys[n], NULL, p_metadata[n], true
        ) AS one;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_hold_guards")]

    operations = [
        migrations.RunSQL(
            FREE_DUE_HOLDS, "DROP FUNCTION free_due_holds(bigint, bigint, timestamptz);"
        ),
        migrations.RunSQL(DROP_FIRST_POST_CREDIT, POST_CREDIT_OF_THE_FIRST_LEDGER),
        migrations.RunSQL(POST_CREDIT, DROP_POST_CREDIT),
        migrations.RunSQL(
            DEDUCT_MANY,
            "DROP FUNCTION deduct_many(bigint[], text[], bigint[], text[], bigint[], text[], "
            "text[], jsonb[]);",
        ),
    ]
