"""What a balance loses is in the ledger, also where a writer asks PostgreSQL to pass over conflicts.

`ON CONFLICT DO NOTHING` leaves a row out after its triggers have run, so the balance would have
moved for nothing. PostgreSQL refuses it for a table that has a rule on updates; this one adds
nothing to them, and plain inserts and COPY know nothing of it. A frozen account spends nothing,
whoever writes. A key that comes back gets its row whatever the price is by then. And a deduction,
the row that comes all day, is asked about first.
"""

from importlib import import_module

from django.db import migrations

RULES = import_module("billing.migrations.0014_ledger_rules")
AT_ONCE = import_module("billing.migrations.0016_post_at_once")
SPENDING = import_module("billing.migrations.0008_spending")
SPEND_AT_ONCE = import_module("billing.migrations.0020_spend_at_once")

# Who waits for a lock on the ledger lets everybody else wait behind it: rather fail, and be run
# again at a quieter moment.
IMPATIENT = "SET LOCAL lock_timeout = '5s'"

NO_ON_CONFLICT = """
CREATE RULE no_on_conflict AS ON UPDATE TO igny8_credit_transactions DO ALSO NOTHING;
CREATE RULE no_on_conflict AS ON UPDATE TO igny8_credit_holds DO ALSO NOTHING;
"""
ON_CONFLICT = """
DROP RULE no_on_conflict ON igny8_credit_transactions;
DROP RULE no_on_conflict ON igny8_credit_holds;
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

OUT_OF_RANGE = """\
    IF p_amount = 0 OR abs(p_amount) > 10000000 THEN
        outcome := 'out_of_range';
        RETURN;
    END IF;
"""
THE_KEY_FIRST = "    IF is_frozen AND"
POST_CREDIT = AT_ONCE.replacing(
    SPENDING.POST_CREDIT.replace(OUT_OF_RANGE, "", 1).replace(
        THE_KEY_FIRST, OUT_OF_RANGE + THE_KEY_FIRST, 1
    )
)

DEDUCTIONS_FIRST = """
    IF p_type = 'deduction' AND p_amount BETWEEN -10000000 AND -1
       AND p_created_by IS NULL AND p_reverses IS NULL THEN
        RETURN true;
    END IF;
"""
LEDGER_ROW_IS_RIGHT = AT_ONCE.replacing(
    RULES.LEDGER_ROW_IS_RIGHT.replace("BEGIN", "BEGIN" + DEDUCTIONS_FIRST.rstrip(), 1)
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_spend_at_once")]

    operations = [
        migrations.RunSQL(IMPATIENT, IMPATIENT),
        migrations.RunSQL(NO_ON_CONFLICT, ON_CONFLICT),
        migrations.RunSQL(LEDGER_POST, SPEND_AT_ONCE.LEDGER_POST),
        migrations.RunSQL(POST_CREDIT, AT_ONCE.replacing(SPENDING.POST_CREDIT)),
        migrations.RunSQL(LEDGER_ROW_IS_RIGHT, AT_ONCE.replacing(RULES.LEDGER_ROW_IS_RIGHT)),
    ]
