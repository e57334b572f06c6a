"""Statement lines follow their allocations; activations and decisions are never edited."""

from importlib import import_module

from django.db import migrations

_FIRST_GUARDS = import_module("billing.migrations.0003_money_guards")
FIRST_PAYMENT_GUARD = _FIRST_GUARDS.PAYMENT_GUARD.partition("CREATE TRIGGER")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# What was written off is one of the confirmed facts.
PAYMENT_GUARD = FIRST_PAYMENT_GUARD.replace(
    "(OLD.received_total, OLD.value_date", "(OLD.received_total, OLD.written_off, OLD.value_date"
).replace(
    "(NEW.received_total, NEW.value_date", "(NEW.received_total, NEW.written_off, NEW.value_date"
)

# What the client says of `remaining` and `state` is overwritten.
LINE_ON_INSERT = """
CREATE FUNCTION igny8_line_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.remaining := greatest(NEW.amount, 0);
    NEW.state := CASE WHEN NEW.amount > 0 THEN 'new' WHEN NEW.amount < 0 THEN 'outgoing'
                      ELSE 'zero' END;
    RETURN NEW;
END $$;
CREATE TRIGGER line_insert BEFORE INSERT ON igny8_statement_lines
    FOR EACH ROW EXECUTE FUNCTION igny8_line_insert();
"""

LINE_GUARD = """
CREATE FUNCTION igny8_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.statement_id, OLD.line_number, OLD.bank_transaction_id, OLD.booked_on, OLD.value_date,
        OLD.amount, OLD.currency, OLD.payer_name, OLD.payer_iban, OLD.reference_raw,
        OLD.reference_normalised, OLD.fingerprint, OLD.occurrence)
       IS DISTINCT FROM
       (NEW.statement_id, NEW.line_number, NEW.bank_transaction_id, NEW.booked_on, NEW.value_date,
        NEW.amount, NEW.currency, NEW.payer_name, NEW.payer_iban, NEW.reference_raw,
        NEW.reference_normalised, NEW.fingerprint, NEW.occurrence) THEN
        RAISE EXCEPTION 'statement line %: what the bank wrote is never edited', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF pg_trigger_depth() = 1 AND NEW.remaining <> OLD.remaining THEN
        RAISE EXCEPTION 'statement line %: what remains changes only by an allocation', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER line_guard BEFORE UPDATE ON igny8_statement_lines
    FOR EACH ROW EXECUTE FUNCTION igny8_line_guard();
"""

# The line's own constraint refuses more than there is, and a state that does not agree.
ALLOCATION_POST = """
CREATE FUNCTION igny8_allocation_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    undone igny8_allocations;
    is_split boolean;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO undone FROM igny8_allocations WHERE id = NEW.reverses_id;
        IF (undone.line_id, undone.place, undone.account_id, undone.payment_id, -undone.amount)
           IS DISTINCT FROM
           (NEW.line_id, NEW.place, NEW.account_id, NEW.payment_id, NEW.amount) THEN
            RAISE EXCEPTION 'allocation %: a reversal undoes all of one allocation', undone.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    SELECT EXISTS (
        SELECT FROM igny8_allocations a
         WHERE a.line_id = NEW.line_id AND a.reverses_id IS NULL
           AND NOT EXISTS (SELECT FROM igny8_allocations r WHERE r.reverses_id = a.id)
    ) INTO is_split;
    UPDATE igny8_statement_lines
       SET remaining = remaining - NEW.amount,
           state_reason = NEW.reason,
           state = CASE
               WHEN remaining > NEW.amount THEN 'new'
               WHEN is_split THEN 'split'
               WHEN NEW.place IN ('returned', 'ignored') THEN NEW.place
               ELSE 'applied'
           END
     WHERE id = NEW.line_id;
    RETURN NEW;
END $$;
CREATE TRIGGER allocation_post BEFORE INSERT ON igny8_allocations
    FOR EACH ROW EXECUTE FUNCTION igny8_allocation_post();
"""

TEMPORARY_TABLES_LAST = """
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION igny8_allocation_post() SET search_path = %I, pg_temp',
                   current_schema());
END $$;
"""

SAME_ACCOUNT = """
ALTER TABLE {table} ADD CONSTRAINT {name}_payment_same_account
    FOREIGN KEY (account_id, payment_id) REFERENCES igny8_payments (account_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""

APPEND_ONLY = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON igny8_activations
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON igny8_activations
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

APPROVAL_GUARD = """
CREATE FUNCTION igny8_approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.account_id, OLD.verb, OLD.facts, OLD.facts_sha256, OLD.reason, OLD.requested_at,
        OLD.requested_by_id, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.account_id, NEW.verb, NEW.facts, NEW.facts_sha256, NEW.reason, NEW.requested_at,
        NEW.requested_by_id, NEW.expires_at) THEN
        RAISE EXCEPTION 'approval %: what was asked for is never edited', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'awaiting' THEN
        RAISE EXCEPTION 'approval %: it was decided, and stays %', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_guard BEFORE UPDATE ON igny8_approvals
    FOR EACH ROW EXECUTE FUNCTION igny8_approval_guard();
CREATE TRIGGER never_deleted_rows BEFORE DELETE ON igny8_approvals
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER never_deleted_table BEFORE TRUNCATE ON igny8_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

# Payments confirmed before activations were kept: what is known of them.
BACKFILL = """
INSERT INTO igny8_activations (
    account_id, payment_id, plan_before_id, plan_id, status_before, status_reason_before,
    period_start, period_end, credits, shortfall, reason, at, by_id
)
SELECT p.account_id, p.id, i.plan_id, i.plan_id, 'pending_payment', '',
       p.confirmed_at, p.confirmed_at + interval '1 month', i.included_credits, 0,
       'Confirmed before activations were kept.', p.confirmed_at, p.confirmed_by_id
  FROM igny8_payments p JOIN igny8_invoices i ON i.id = p.invoice_id
 WHERE p.status = 'confirmed';
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_money_in")]

    operations = [
        migrations.RunSQL(PAYMENT_GUARD, FIRST_PAYMENT_GUARD),
        migrations.RunSQL(
            LINE_ON_INSERT,
            "DROP TRIGGER line_insert ON igny8_statement_lines; "
            "DROP FUNCTION igny8_line_insert();",
        ),
        migrations.RunSQL(
            LINE_GUARD,
            "DROP TRIGGER line_guard ON igny8_statement_lines; DROP FUNCTION igny8_line_guard();",
        ),
        migrations.RunSQL(
            ALLOCATION_POST,
            "DROP TRIGGER allocation_post ON igny8_allocations; "
            "DROP FUNCTION igny8_allocation_post();",
        ),
        migrations.RunSQL(TEMPORARY_TABLES_LAST, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                SAME_ACCOUNT.format(table=f"igny8_{name}s", name=name),
                f"ALTER TABLE igny8_{name}s DROP CONSTRAINT {name}_payment_same_account;",
            )
            for name in ("allocation", "activation")
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER append_only_rows ON igny8_activations;"
            "DROP TRIGGER append_only_table ON igny8_activations;",
        ),
        migrations.RunSQL(
            APPROVAL_GUARD,
            "DROP TRIGGER approval_guard ON igny8_approvals;"
            "DROP TRIGGER never_deleted_rows ON igny8_approvals;"
            "DROP TRIGGER never_deleted_table ON igny8_approvals;"
            "DROP FUNCTION igny8_approval_guard();",
        ),
    ]
