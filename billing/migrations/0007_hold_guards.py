"""A hold moves the balance's `held` itself, is resolved once, and is never deleted."""

from django.db import migrations

# The balance's own constraint (held <= credits) refuses a hold that does not fit.
HOLD_ON_INSERT = """
CREATE FUNCTION igny8_hold_insert() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.status <> 'held' THEN
        RAISE EXCEPTION 'hold %: it begins as held, not as %', NEW.id, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE igny8_credit_balances SET held = held + NEW.amount WHERE account_id = NEW.account_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % has no credit balance', NEW.account_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_insert BEFORE INSERT ON igny8_credit_holds
    FOR EACH ROW EXECUTE FUNCTION igny8_hold_insert();
"""

# Every update is a resolution: nothing else of a hold ever changes.
HOLD_ON_UPDATE = """
CREATE FUNCTION igny8_hold_resolve() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (OLD.id, OLD.account_id, OLD.operation, OLD.unit, OLD.unit_credits, OLD.units, OLD.amount,
        OLD.idempotency_key, OLD.created_at, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.id, NEW.account_id, NEW.operation, NEW.unit, NEW.unit_credits, NEW.units, NEW.amount,
        NEW.idempotency_key, NEW.created_at, NEW.expires_at) THEN
        RAISE EXCEPTION 'hold %: what was set aside is never edited', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'held' OR NEW.status = 'held' THEN
        RAISE EXCEPTION 'hold %: no step from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE igny8_credit_balances SET held = held - OLD.amount WHERE account_id = OLD.account_id;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_resolve BEFORE UPDATE ON igny8_credit_holds
    FOR EACH ROW EXECUTE FUNCTION igny8_hold_resolve();
"""

NEVER_DELETED = """
CREATE TRIGGER never_deleted_rows BEFORE DELETE ON igny8_credit_holds
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER never_deleted_table BEFORE TRUNCATE ON igny8_credit_holds
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

# These run with their owner's rights. A caller's temporary table of the same name must not be
# mistaken for the real one, so temporary ones come last.
OWNERS_FUNCTIONS = (
    "igny8_make_credit_balance",
    "igny8_ledger_post",
    "igny8_hold_insert",
    "igny8_hold_resolve",
)
TEMPORARY_TABLES_LAST = """
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION {name}() SET search_path = %I, pg_temp', current_schema());
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_one_price")]

    operations = [
        migrations.RunSQL(
            HOLD_ON_INSERT,
            "DROP TRIGGER hold_insert ON igny8_credit_holds; DROP FUNCTION igny8_hold_insert();",
        ),
        migrations.RunSQL(
            HOLD_ON_UPDATE,
            "DROP TRIGGER hold_resolve ON igny8_credit_holds; DROP FUNCTION igny8_hold_resolve();",
        ),
        migrations.RunSQL(
            NEVER_DELETED,
            "DROP TRIGGER never_deleted_rows ON igny8_credit_holds;"
            "DROP TRIGGER never_deleted_table ON igny8_credit_holds;",
        ),
        *(
            migrations.RunSQL(
                TEMPORARY_TABLES_LAST.format(name=name),
                f"ALTER FUNCTION {name}() SET search_path FROM CURRENT;",
            )
            for name in OWNERS_FUNCTIONS
        ),
    ]
