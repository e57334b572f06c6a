"""New plans are numbered from 7 on: 1 to 6 are ids of the plans that customers hold already.

The plan of new trials is made before those plans are brought over, and must not take one's id.
"""

from django.db import migrations

START_AT_SEVEN = """
ALTER TABLE igny8_plans ALTER COLUMN id SET START WITH 7;
SELECT setval(pg_get_serial_sequence('igny8_plans', 'id'), 6)
 WHERE NOT EXISTS (SELECT FROM igny8_plans WHERE id >= 6);
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_guards")]

    operations = [
        migrations.RunSQL(
            START_AT_SEVEN, "ALTER TABLE igny8_plans ALTER COLUMN id SET START WITH 1;"
        )
    ]
