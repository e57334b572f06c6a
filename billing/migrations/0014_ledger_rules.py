"""The ledger's rules as one constraint: PostgreSQL plans a CHECK anew in every statement.

A function's plan is kept. See docs/adr/0009.
"""

from django.db import migrations, models

LEDGER_ROW_IS_RIGHT = r"""
CREATE FUNCTION ledger_row_is_right(
    p_type text, p_amount bigint, p_created_by bigint, p_reason text, p_reverses bigint
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    broken text;
BEGIN
    IF p_amount = 0 OR p_amount < -10000000 OR p_amount > 10000000 THEN
        broken := 'ledger_amount_range';
    ELSIF p_created_by IS NULL AND p_type IN ('grant', 'adjustment', 'reversal')
          OR p_created_by IS NOT NULL AND p_reason ~ '^\s*$' THEN
        broken := 'ledger_person_says_why';
    ELSIF (p_type = 'reversal') <> (p_reverses IS NOT NULL) THEN
        broken := 'ledger_reversal_names_row';
    ELSIF NOT (
        p_amount < 0 AND p_type = 'deduction'
        OR p_amount > 0 AND p_type IN ('opening', 'trial', 'subscription', 'purchase', 'grant')
        OR p_type IN ('adjustment', 'reversal')
    ) THEN
        broken := 'ledger_sign_agrees_with_type';
    ELSE
        RETURN true;
    END IF;
    RAISE EXCEPTION 'new row of the ledger violates its rule "%": % of %', broken, p_type, p_amount
        USING ERRCODE = 'check_violation', CONSTRAINT = broken;
END $$;
"""

# What may not change is compared in the function: it is called only for what a client sent, and
# the condition of a trigger is read anew in every statement too.
BALANCE_GUARD = """
CREATE OR REPLACE FUNCTION igny8_refuse_balance_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.account_id, OLD.credits, OLD.held, OLD.sequence)
       IS NOT DISTINCT FROM (NEW.account_id, NEW.credits, NEW.held, NEW.sequence) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a credit balance changes only through the ledger: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER balance_guard_update ON igny8_credit_balances;
CREATE TRIGGER balance_guard_update BEFORE UPDATE ON igny8_credit_balances
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION igny8_refuse_balance_change();
"""
BALANCE_GUARD_BEFORE = """
DROP TRIGGER balance_guard_update ON igny8_credit_balances;
CREATE TRIGGER balance_guard_update BEFORE UPDATE ON igny8_credit_balances
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0
        AND (OLD.account_id, OLD.credits, OLD.held, OLD.sequence)
            IS DISTINCT FROM (NEW.account_id, NEW.credits, NEW.held, NEW.sequence)
    )
    EXECUTE FUNCTION igny8_refuse_balance_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_statement_uploads")]

    operations = [
        migrations.RunSQL(
            LEDGER_ROW_IS_RIGHT,
            "DROP FUNCTION ledger_row_is_right(text, bigint, bigint, text, bigint);",
        ),
        migrations.AddConstraint(
            "credittransaction",
            models.CheckConstraint(
                name="ledger_row_is_right",
                condition=models.Func(
                    "type",
                    "amount",
                    "created_by",
                    "reason",
                    "reverses",
                    function="ledger_row_is_right",
                    output_field=models.BooleanField(),
                ),
            ),
        ),
        migrations.RemoveConstraint("credittransaction", "ledger_amount_range"),
        migrations.RemoveConstraint("credittransaction", "ledger_sign_agrees_with_type"),
        migrations.RemoveConstraint("credittransaction", "ledger_person_says_why"),
        migrations.RemoveConstraint("credittransaction", "ledger_reversal_names_row"),
        migrations.RunSQL(BALANCE_GUARD, BALANCE_GUARD_BEFORE),
    ]
