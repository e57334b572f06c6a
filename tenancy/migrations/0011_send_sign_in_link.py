"""The right to send a customer's user a link to choose a password."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0010_indexes_of_lists")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "default_permissions": ("view",),
                "ordering": ("-id",),
                "permissions": (
                    ("change_role", "Change the role of an account's user"),
                    ("deactivate_user", "Deactivate a user or let them back in"),
                    ("send_sign_in_link", "Send an account's user a link to choose a password"),
                    ("manage_staff", "Add console staff and choose their groups"),
                    ("export_user", "Export users to CSV"),
                ),
            },
        ),
    ]
