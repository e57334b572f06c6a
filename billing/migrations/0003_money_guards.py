"""Invoices and payments: never deleted, sold facts never edited, legal status steps only."""

from django.db import migrations

# A deleted invoice would be a gap in the year's numbers.
NEVER_DELETED = ("igny8_invoices", "igny8_payments", "igny8_bank_statements", "igny8_statement_lines")

NO_DELETE = """
CREATE TRIGGER never_deleted_rows BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER never_deleted_table BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

INVOICE_GUARD = """
CREATE FUNCTION igny8_invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.account_id, OLD.plan_id, OLD.included_credits, OLD.amount, OLD.currency,
        OLD.issued_on, OLD.due_on)
       IS DISTINCT FROM
       (NEW.number, NEW.account_id, NEW.plan_id, NEW.included_credits, NEW.amount, NEW.currency,
        NEW.issued_on, NEW.due_on) THEN
        RAISE EXCEPTION 'invoice %: what was issued is never edited', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND OLD.status = 'void' THEN
        RAISE EXCEPTION 'invoice %: a void invoice stays void', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_guard BEFORE UPDATE ON igny8_invoices
    FOR EACH ROW EXECUTE FUNCTION igny8_invoice_guard();
"""

PAYMENT_GUARD = """
CREATE FUNCTION igny8_payment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.account_id, OLD.invoice_id, OLD.expected_amount, OLD.currency, OLD.reference)
       IS DISTINCT FROM
       (NEW.account_id, NEW.invoice_id, NEW.expected_amount, NEW.currency, NEW.reference) THEN
        RAISE EXCEPTION 'payment %: what was asked for is never edited', OLD.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status IN ('confirmed', 'reversed')
       AND (OLD.received_total, OLD.value_date, OLD.bank_transaction_id, OLD.confirmed_at,
            OLD.confirmed_by_id)
           IS DISTINCT FROM
           (NEW.received_total, NEW.value_date, NEW.bank_transaction_id, NEW.confirmed_at,
            NEW.confirmed_by_id) THEN
        RAISE EXCEPTION 'payment %: confirmed facts are never edited', OLD.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('awaiting', 'partially_paid'), ('awaiting', 'confirmed'), ('awaiting', 'rejected'),
        ('partially_paid', 'confirmed'), ('partially_paid', 'rejected'),
        ('confirmed', 'reversed')
    ) THEN
        RAISE EXCEPTION 'payment %: no step from % to %', OLD.reference, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_guard BEFORE UPDATE ON igny8_payments
    FOR EACH ROW EXECUTE FUNCTION igny8_payment_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_ledger")]

    operations = [
        *(
            migrations.RunSQL(
                NO_DELETE.format(table=table),
                f"DROP TRIGGER never_deleted_rows ON {table};"
                f"DROP TRIGGER never_deleted_table ON {table};",
            )
            for table in NEVER_DELETED
        ),
        migrations.RunSQL(
            "ALTER TABLE igny8_payments ADD CONSTRAINT payment_invoice_same_account "
            "FOREIGN KEY (account_id, invoice_id) REFERENCES igny8_invoices (account_id, id) "
            "DEFERRABLE INITIALLY DEFERRED;",
            "ALTER TABLE igny8_payments DROP CONSTRAINT payment_invoice_same_account;",
        ),
        migrations.RunSQL(
            INVOICE_GUARD,
            "DROP TRIGGER invoice_guard ON igny8_invoices; DROP FUNCTION igny8_invoice_guard();",
        ),
        migrations.RunSQL(
            PAYMENT_GUARD,
            "DROP TRIGGER payment_guard ON igny8_payments; DROP FUNCTION igny8_payment_guard();",
        ),
    ]
