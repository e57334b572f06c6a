"""The groups may view the money's proofs, as they may view everything."""

from importlib import import_module

from django.db import migrations

sync_groups = import_module("console.migrations.0005_groups_see_holds").sync_groups


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0008_groups_write_notes"),
        ("billing", "0015_billing_anchor"),
    ]

    operations = [migrations.RunPython(sync_groups, migrations.RunPython.noop)]
