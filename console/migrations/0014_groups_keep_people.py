"""Who may say which site a person sees, who owns an account, and that nobody is invited."""

from importlib import import_module

from django.db import migrations

sync_groups = import_module("console.migrations.0005_groups_see_holds").sync_groups


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0013_groups_send_sign_in_links"),
        ("tenancy", "0012_people_of_accounts"),
    ]

    operations = [migrations.RunPython(sync_groups, migrations.RunPython.noop)]
