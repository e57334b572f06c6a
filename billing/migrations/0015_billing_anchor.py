"""The day a subscription is renewed on; the money's proofs; payers of a purged account."""

from django.db import migrations, models

# An end on the last day of a month may have been cut short by it: then the start tells the day.
BACKFILL = """
UPDATE igny8_subscriptions s
   SET anchor_day = CASE
           WHEN extract(day FROM ends.at + interval '1 day') = 1
           THEN greatest(extract(day FROM starts.at), extract(day FROM ends.at))
           ELSE extract(day FROM ends.at) END
  FROM igny8_subscriptions t
 CROSS JOIN LATERAL (SELECT t.current_period_start AT TIME ZONE 'UTC' AS at) AS starts
 CROSS JOIN LATERAL (SELECT t.current_period_end AT TIME ZONE 'UTC' AS at) AS ends
 WHERE t.id = s.id;
"""

PROOFS_STAY = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON igny8_money_proofs
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON igny8_money_proofs
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""

# As the tenancy's histories: who paid may be emptied once the account is purged.
FORGET_PAYERS = """
DROP TRIGGER append_only_rows ON igny8_payment_history;
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON igny8_payment_history
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_all_but_blanks('account_id', 'payer');
CREATE FUNCTION igny8_forget_payers(account bigint) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE igny8_payment_history h SET payer = '' WHERE h.account_id = account AND h.payer <> '';
$$;
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION igny8_forget_payers(bigint) SET search_path = %I, pg_temp',
                   current_schema());
END $$;
"""
REMEMBER_PAYERS = """
DROP FUNCTION igny8_forget_payers(bigint);
DROP TRIGGER append_only_rows ON igny8_payment_history;
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON igny8_payment_history
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_ledger_rules"), ("tenancy", "0007_purged_at")]

    operations = [
        migrations.CreateModel(
            name="MoneyProof",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("payments", models.PositiveIntegerField()),
                (
                    "by_hand",
                    models.PositiveIntegerField(
                        help_text="Confirmed payments that no statement line tells of: the bank's "
                        "word is not here."
                    ),
                ),
                ("lines", models.PositiveIntegerField()),
                ("differences", models.JSONField(default=list)),
                ("duration_ms", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "igny8_money_proofs",
                "ordering": ("-id",),
                "default_permissions": ("view",),
            },
        ),
        *(
            migrations.AddField(
                model_name=model,
                name="anchor_day",
                field=models.PositiveSmallIntegerField(
                    blank=True,
                    editable=False,
                    help_text="The day of the month that periods end on; empty: that of the "
                    "present end.",
                    null=True,
                ),
            )
            for model in ("subscription", "historicalsubscription")
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("anchor_day__isnull", True),
                    models.Q(("anchor_day__gte", 1), ("anchor_day__lte", 31)),
                    _connector="OR",
                ),
                name="subscription_anchor_is_a_day",
            ),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(
            PROOFS_STAY,
            "DROP TRIGGER append_only_rows ON igny8_money_proofs;"
            "DROP TRIGGER append_only_table ON igny8_money_proofs;",
        ),
        migrations.RunSQL(FORGET_PAYERS, REMEMBER_PAYERS),
    ]
