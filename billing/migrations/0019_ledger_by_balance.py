"""The ledger's constraint on the account goes: its row's balance has the same one.

A row needs a balance (`igny8_ledger_post` refuses it otherwise), a balance needs its account
(foreign key), and neither is ever deleted or given to another account (`balance_guard_*`). So no
row can be without its account, and the check that says it again locked the account's row and wrote
to it for every deduction.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_indexes_of_lists"), ("tenancy", "0010_indexes_of_lists")]

    operations = [
        migrations.AlterField(
            model_name="credittransaction",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="credit_transactions",
                to="tenancy.account",
            ),
        ),
    ]
