"""The rules of ledger and balances are asked where a trigger is at work anyway.

PostgreSQL reads a CHECK and a trigger's WHEN from the catalog and plans them in every statement:
together a quarter of what a deduction costs it. The triggers that post a row and guard a balance
are there for whoever writes, and what they ask stays planned. See docs/adr/0020.
"""

from importlib import import_module

from django.db import migrations

RULES = import_module("billing.migrations.0014_ledger_rules")
ANY_WRITER = import_module("billing.migrations.0021_ledger_for_any_writer")
AT_ONCE = import_module("billing.migrations.0016_post_at_once")

# `sequence` is never the client's to say. -1 asks for no row instead of an error where the account
# has not enough to spend or is frozen. A deduction, the row that comes all day, keeps the rules by
# what is compared right here.
LEDGER_POST = """
CREATE OR REPLACE FUNCTION igny8_ledger_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asks boolean := NEW.sequence = -1;
BEGIN
    IF NEW.type <> 'deduction' OR NEW.amount NOT BETWEEN -10000000 AND -1
       OR NEW.created_by_id IS NOT NULL OR NEW.reverses_id IS NOT NULL THEN
        PERFORM ledger_row_is_right(
            NEW.type, NEW.amount, NEW.created_by_id, NEW.reason, NEW.reverses_id
        );
    END IF;
    UPDATE igny8_credit_balances
       SET credits = credits + NEW.amount, sequence = sequence + 1
     WHERE account_id = NEW.account_id
       AND NOT (frozen AND NEW.type = 'deduction')
       AND (NOT asks OR credits - held + NEW.amount >= 0)
    RETURNING credits, sequence, credits - held
         INTO NEW.balance_after, NEW.sequence, NEW.available_after;
    IF FOUND THEN
        RETURN NEW;
    END IF;
    IF asks THEN
        RETURN NULL;
    END IF;
    PERFORM FROM igny8_credit_balances WHERE account_id = NEW.account_id;
    IF FOUND THEN
        RAISE EXCEPTION 'the credits of account % are frozen', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen_spends_nothing';
    END IF;
    RAISE EXCEPTION 'account % has no credit balance', NEW.account_id
        USING ERRCODE = 'foreign_key_violation';
END $$;
"""

# Depth 1 is this trigger alone: a client's statement. Deeper, the ledger or a hold writes. After an
# update, not before: for a trigger before it, PostgreSQL locks the row and then writes to it again.
BALANCE_GUARD = """
CREATE OR REPLACE FUNCTION igny8_refuse_balance_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() > 1 AND TG_OP <> 'DELETE' THEN
        IF NEW.held >= 0 AND NEW.held <= NEW.credits THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the balance of account % violates its rule "credits_cover_holds": % of %',
            NEW.account_id, NEW.held, NEW.credits
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_cover_holds';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.account_id, OLD.credits, OLD.held, OLD.sequence)
       IS NOT DISTINCT FROM (NEW.account_id, NEW.credits, NEW.held, NEW.sequence) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a credit balance changes only through the ledger: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER balance_guard_insert ON igny8_credit_balances;
DROP TRIGGER balance_guard_update ON igny8_credit_balances;
CREATE TRIGGER balance_guard_insert BEFORE INSERT ON igny8_credit_balances
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_balance_change();
CREATE TRIGGER balance_guard_update AFTER UPDATE ON igny8_credit_balances
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_balance_change();
"""
BALANCE_GUARD_BEFORE = (
    RULES.BALANCE_GUARD
    + """
DROP TRIGGER balance_guard_insert ON igny8_credit_balances;
CREATE TRIGGER balance_guard_insert BEFORE INSERT ON igny8_credit_balances
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION igny8_refuse_balance_change();
"""
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0021_ledger_for_any_writer")]

    operations = [
        migrations.RunSQL(ANY_WRITER.IMPATIENT, ANY_WRITER.IMPATIENT),
        migrations.RunSQL(LEDGER_POST, ANY_WRITER.LEDGER_POST),
        migrations.RunSQL(
            AT_ONCE.replacing(RULES.LEDGER_ROW_IS_RIGHT), ANY_WRITER.LEDGER_ROW_IS_RIGHT
        ),
        migrations.RunSQL(BALANCE_GUARD, BALANCE_GUARD_BEFORE),
        migrations.RemoveConstraint("credittransaction", "ledger_row_is_right"),
        migrations.RemoveConstraint("creditbalance", "credits_cover_holds"),
    ]
