"""Who may say which site a person sees."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0010_indexes_of_lists")]

    operations = [
        migrations.AlterModelOptions(
            name="siteuseraccess",
            options={
                "default_permissions": ("view",),
                "permissions": (
                    ("give_site", "Give an editor or viewer a site, or take it away"),
                ),
                "verbose_name_plural": "site user accesses",
            },
        ),
    ]
