"""A trial that was had is remembered for ever."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0004_trial_claim")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON igny8_trial_claims
                FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
            CREATE TRIGGER append_only_table BEFORE TRUNCATE ON igny8_trial_claims
                FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
            """,
            """
            DROP TRIGGER append_only_rows ON igny8_trial_claims;
            DROP TRIGGER append_only_table ON igny8_trial_claims;
            """,
        )
    ]
