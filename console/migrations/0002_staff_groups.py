"""The groups of staff, their permissions and their first limits for granting credits."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

from console.groups import GROUPS, VIEWED_APPS, sync


def make_groups(apps, schema_editor):
    # Permissions are normally made after the last migration; the groups need them now.
    for app_label in (*VIEWED_APPS, "auth"):
        app_config = live_apps.get_app_config(app_label)
        create_contenttypes(app_config, verbosity=0)
        create_permissions(app_config, verbosity=0)
    sync()
    group = apps.get_model("auth", "Group")
    grant_limit = apps.get_model("billing", "GrantLimit")
    for staff_group in GROUPS:
        if staff_group.per_grant is not None:
            grant_limit.objects.get_or_create(
                group=group.objects.get(name=staff_group.name),
                defaults={"per_grant": staff_group.per_grant, "per_day": staff_group.per_day},
            )


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0001_initial"),
        ("tenancy", "0002_guards"),
        ("billing", "0004_credit_costs"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
