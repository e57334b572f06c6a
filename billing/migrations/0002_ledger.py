"""The credit ledger: rows post themselves, and nothing else moves a balance."""

from django.db import migrations

# Made with the account, in the same statement's transaction, so that no account lacks one.
BALANCE_WITH_ACCOUNT = """
CREATE FUNCTION igny8_make_credit_balance() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO igny8_credit_balances (account_id, credits, held, sequence, frozen)
    VALUES (NEW.id, 0, 0, 0, false);
    RETURN NULL;
END $$;
CREATE TRIGGER make_credit_balance AFTER INSERT ON igny8_tenants
    FOR EACH ROW EXECUTE FUNCTION igny8_make_credit_balance();
ALTER TABLE igny8_credit_balances SET (fillfactor = 80);
"""

# The only writer of a balance. Whatever balance_after and sequence the client sent is overwritten.
POST_ON_INSERT = """
CREATE FUNCTION igny8_ledger_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE igny8_credit_balances
       SET credits = credits + NEW.amount, sequence = sequence + 1
     WHERE account_id = NEW.account_id
    RETURNING credits, sequence INTO NEW.balance_after, NEW.sequence;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % has no credit balance', NEW.account_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_post BEFORE INSERT ON igny8_credit_transactions
    FOR EACH ROW EXECUTE FUNCTION igny8_ledger_post();
"""

# pg_trigger_depth() is 0 for a statement that a client sent and 1 inside the triggers above, so
# the check costs the hot path one comparison.
BALANCE_GUARD = """
CREATE FUNCTION igny8_refuse_balance_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a credit balance changes only through the ledger: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER balance_guard_insert BEFORE INSERT ON igny8_credit_balances
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION igny8_refuse_balance_change();
CREATE TRIGGER balance_guard_update BEFORE UPDATE ON igny8_credit_balances
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0
        AND (OLD.account_id, OLD.credits, OLD.held, OLD.sequence)
            IS DISTINCT FROM (NEW.account_id, NEW.credits, NEW.held, NEW.sequence)
    )
    EXECUTE FUNCTION igny8_refuse_balance_change();
CREATE TRIGGER balance_guard_delete BEFORE DELETE ON igny8_credit_balances
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_balance_change();
CREATE TRIGGER balance_guard_truncate BEFORE TRUNCATE ON igny8_credit_balances
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

# One round trip for the hot path. The balance row is locked first, so that two callers with one
# key stand in line and the second finds the first one's row; no unique violation, no retry.
POST_CREDIT = """
CREATE FUNCTION post_credit(
    p_account bigint, p_type text, p_amount bigint, p_operation text, p_description text,
    p_reason text, p_created_by bigint, p_payment bigint, p_key text, p_reverses bigint,
    p_metadata jsonb,
    OUT outcome text, OUT available bigint, OUT posted igny8_credit_transactions
) LANGUAGE plpgsql AS $$
DECLARE
    is_frozen boolean;
BEGIN
    SELECT b.credits - b.held, b.frozen INTO available, is_frozen
      FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown_account';
        RETURN;
    END IF;
    IF p_key IS NOT NULL THEN
        SELECT * INTO posted FROM igny8_credit_transactions t
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
        outcome := 'insufficient';
        RETURN;
    END IF;
    INSERT INTO igny8_credit_transactions (
        account_id, type, amount, operation, description, reason, created_by_id, payment_id,
        idempotency_key, reverses_id, metadata
    ) VALUES (
        p_account, p_type, p_amount, p_operation, p_description, p_reason, p_created_by,
        p_payment, p_key, p_reverses, p_metadata
    ) RETURNING * INTO posted;
    available := available + p_amount;
    outcome := 'posted';
END $$;
"""

LEDGER_APPEND_ONLY = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

DROP_APPEND_ONLY = """
DROP TRIGGER append_only_rows ON {table};
DROP TRIGGER append_only_table ON {table};
"""

APPEND_ONLY_TABLES = (
    "igny8_credit_transactions",
    "igny8_ledger_proofs",
    "igny8_allocations",
    "igny8_credit_cost_history",
    "igny8_subscription_history",
    "igny8_invoice_history",
    "igny8_payment_history",
    "igny8_grant_limit_history",
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenancy", "0002_guards")]

    operations = [
        migrations.RunSQL(
            BALANCE_WITH_ACCOUNT,
            """
            ALTER TABLE igny8_credit_balances RESET (fillfactor);
            DROP TRIGGER make_credit_balance ON igny8_tenants;
            DROP FUNCTION igny8_make_credit_balance();
            """,
        ),
        migrations.RunSQL(
            POST_ON_INSERT,
            """
            DROP TRIGGER ledger_post ON igny8_credit_transactions;
            DROP FUNCTION igny8_ledger_post();
            """,
        ),
        migrations.RunSQL(
            BALANCE_GUARD,
            """
            DROP TRIGGER balance_guard_insert ON igny8_credit_balances;
            DROP TRIGGER balance_guard_update ON igny8_credit_balances;
            DROP TRIGGER balance_guard_delete ON igny8_credit_balances;
            DROP TRIGGER balance_guard_truncate ON igny8_credit_balances;
            DROP FUNCTION igny8_refuse_balance_change();
            """,
        ),
        migrations.RunSQL(
            POST_CREDIT,
            "DROP FUNCTION post_credit(bigint, text, bigint, text, text, text, bigint, bigint, "
            "text, bigint, jsonb);",
        ),
        *(
            migrations.RunSQL(
                LEDGER_APPEND_ONLY.format(table=table), DROP_APPEND_ONLY.format(table=table)
            )
            for table in APPEND_ONLY_TABLES
        ),
    ]
