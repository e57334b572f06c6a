"""A deduction is one INSERT: a function around it took as long as the row itself.

The row is left out where the account cannot spend it, and refused by the index of its key where
that was used before; then `post_credit` is asked, which finds out why (docs/adr/0016). It is no
longer in a hurry, so it locks, looks and posts, in that order.
"""

from importlib import import_module

from django.db import migrations, models

ONE_PRICE = import_module("billing.migrations.0006_one_price")
SPENDING = import_module("billing.migrations.0008_spending")
AT_ONCE = import_module("billing.migrations.0016_post_at_once")

# The table's row, or what the caller says where there is none. PostgreSQL puts functions of this
# kind into the statement that asks them, so that there is nothing to call.
DROP_PRICES = """
DROP FUNCTION operation_price(text, text, bigint);
DROP FUNCTION operation_cost(text, bigint, text, bigint);
"""
PRICES = """
CREATE FUNCTION operation_price(
    p_operation text, p_default_unit text, p_default_credits bigint
) RETURNS TABLE (unit text, credits bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(c.unit::text, p_default_unit), coalesce(c.credits::bigint, p_default_credits)
      FROM (VALUES (1)) AS always
      LEFT JOIN igny8_credit_costs c ON c.operation = p_operation
$$;
CREATE FUNCTION operation_cost(
    p_operation text, p_units bigint, p_default_unit text, p_default_credits bigint
) RETURNS TABLE (cost bigint) LANGUAGE sql STABLE AS $$
    SELECT cost_of_units(price.unit, price.credits, p_units)
      FROM operation_price(p_operation, p_default_unit, p_default_credits) AS price
$$;
"""

# `sequence` is never the client's to say. -1 asks for no row instead of an error where the account
# has not enough to spend or is frozen.
LEDGER_POST = """
CREATE OR REPLACE FUNCTION igny8_ledger_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asks boolean := NEW.sequence = -1;
BEGIN
    UPDATE igny8_credit_balances
       SET credits = credits + NEW.amount, sequence = sequence + 1
     WHERE account_id = NEW.account_id
       AND (NOT asks OR credits - held + NEW.amount >= 0
                        AND NOT (frozen AND NEW.type = 'deduction'))
    RETURNING credits, sequence, credits - held
         INTO NEW.balance_after, NEW.sequence, NEW.available_after;
    IF FOUND THEN
        RETURN NEW;
    END IF;
    IF asks THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'account % has no credit balance', NEW.account_id
        USING ERRCODE = 'foreign_key_violation';
END $$;
"""

# The items come as one JSON text: the driver makes arrays of SQL one element at a time.
DEDUCT_MANY = """
CREATE FUNCTION deduct_many(p_items jsonb) RETURNS TABLE (
    item bigint, outcome text, available bigint, asked bigint, id bigint, sequence bigint,
    type text, amount bigint, balance_after bigint, operation text, description text,
    created_at timestamptz, request text
) LANGUAGE plpgsql AS $$
DECLARE
    accounts bigint[];
    operations text[];
    costs bigint[];
    keys text[];
    descriptions text[];
    metadatas jsonb[];
    plain bigint[];
BEGIN
    SELECT array_agg(i.account ORDER BY i.n), array_agg(i.operation ORDER BY i.n),
           array_agg(price.cost ORDER BY i.n), array_agg(i.key ORDER BY i.n),
           array_agg(i.description ORDER BY i.n), array_agg(i.metadata ORDER BY i.n)
      INTO accounts, operations, costs, keys, descriptions, metadatas
      FROM ROWS FROM (jsonb_to_recordset(p_items) AS (
               account bigint, operation text, units bigint, unit text, credits bigint, key text,
               description text, metadata jsonb
           )) WITH ORDINALITY
           AS i (account, operation, units, unit, credits, key, description, metadata, n),
           operation_cost(i.operation, i.units, i.unit, i.credits) AS price;
    PERFORM FROM igny8_credit_balances b
      WHERE b.account_id = ANY (accounts) ORDER BY b.account_id FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(whole.account), '{}') INTO plain FROM (
        SELECT i.account
          FROM unnest(accounts, keys, costs) AS i (account, key, cost)
          JOIN igny8_credit_balances b
            ON b.account_id = i.account AND b.account_id = ANY (accounts) AND NOT b.frozen
          LEFT JOIN igny8_credit_transactions t
                 ON t.idempotency_key = i.key AND t.account_id = i.account
         GROUP BY i.account, b.credits, b.held
        HAVING bool_and(t.id IS NULL) AND count(*) = count(DISTINCT i.key)
           AND min(i.cost) > 0 AND max(i.cost) <= 10000000
           AND sum(i.cost) <= b.credits - b.held
    ) AS whole;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT i.* FROM unnest(accounts, operations, costs, keys, descriptions, metadatas)
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
    SELECT g.n, 'posted', w.available_after, w.amount, w.id, w.sequence, w.type::text,
           w.amount, w.balance_after, w.operation::text, w.description::text, w.created_at,
           w.metadata ->> 'request'
      FROM written w
      JOIN given g ON g.key = w.idempotency_key AND g.account = w.account_id;
    FOR n IN 1 .. cardinality(accounts) LOOP
        CONTINUE WHEN accounts[n] = ANY (plain);
        RETURN QUERY SELECT n::bigint, one.* FROM post_credit(
            accounts[n], 'deduction', -costs[n], operations[n], descriptions[n], '', NULL, NULL,
            keys[n], NULL, metadatas[n], true
        ) AS one;
    END LOOP;
END $$;
"""
DROP_DEDUCT_MANY_BEFORE = """
DROP FUNCTION deduct_many(
    bigint[], text[], bigint[], text[], bigint[], text[], text[], jsonb[]
);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0019_ledger_by_balance")]

    operations = [
        # Who waits for the table lets everybody else wait behind it: rather fail, and be run again.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="credittransaction",
            name="available_after",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.RunSQL(
            DROP_PRICES + PRICES,
            DROP_PRICES + ONE_PRICE.OPERATION_PRICE + ONE_PRICE.OPERATION_COST,
        ),
        migrations.RunSQL(LEDGER_POST, AT_ONCE.LEDGER_POST),
        migrations.RunSQL(AT_ONCE.replacing(SPENDING.POST_CREDIT), AT_ONCE.POST_CREDIT),
        migrations.RunSQL(DROP_DEDUCT_MANY_BEFORE, SPENDING.DEDUCT_MANY),
        migrations.RunSQL(DEDUCT_MANY, "DROP FUNCTION deduct_many(jsonb);"),
    ]
