"""What ends a person's tokens, and who may say which site they see."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0010_indexes_of_lists")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="token_stamp",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="Part of every token of the API: a new one ends those made before.",
                max_length=32,
            ),
            preserve_default=False,
        ),
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
