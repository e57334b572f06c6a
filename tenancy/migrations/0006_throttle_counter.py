"""Counters of the API's calls: unlogged, since losing them in a crash costs nothing."""

from django.db import migrations, models

# Rows change in place: the page keeps room, and no index knows the counts.
UNLOGGED = """
ALTER TABLE igny8_throttle_counters SET UNLOGGED;
ALTER TABLE igny8_throttle_counters SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0005_trial_claims_stay")]

    operations = [
        migrations.CreateModel(
            name="ThrottleCounter",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("calls", models.BigIntegerField()),
                ("resets_at", models.DateTimeField()),
            ],
            options={"db_table": "igny8_throttle_counters", "default_permissions": ()},
        ),
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
    ]
