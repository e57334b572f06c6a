"""Who may ask for approval may also withdraw the request."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

from console.groups import VIEWED_APPS, sync


def sync_groups(apps, schema_editor):
    # Permissions are normally made after the last migration; the groups need them now.
    for app_label in (*VIEWED_APPS, "auth"):
        app_config = live_apps.get_app_config(app_label)
        create_contenttypes(app_config, verbosity=0)
        create_permissions(app_config, verbosity=0)
    sync()


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0006_groups_of_money_in"),
        ("billing", "0012_approval_outcomes"),
    ]

    operations = [migrations.RunPython(sync_groups, migrations.RunPython.noop)]
