"""What ends a person's tokens, and the permissions of those who keep an account's people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0011_send_sign_in_link")]

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
            name="account",
            options={
                "default_permissions": ("view",),
                "ordering": ("-id",),
                "permissions": (
                    ("create_account", "Create an account"),
                    ("edit_account", "Edit an account's contact and billing data"),
                    ("suspend_account", "Suspend an account"),
                    ("reactivate_account", "Reactivate an account"),
                    ("cancel_account", "Cancel an account"),
                    ("extend_trial", "Extend an account's trial"),
                    ("delete_account", "Delete an account (restorable for a time)"),
                    ("restore_account", "Restore a deleted account"),
                    ("hand_over_account", "Make another person an account's owner"),
                    ("import_account", "Import accounts from CSV"),
                    ("export_account", "Export accounts to CSV"),
                ),
            },
        ),
        migrations.AlterModelOptions(
            name="user",
            options={
                "default_permissions": ("view",),
                "ordering": ("-id",),
                "permissions": (
                    ("change_role", "Change the role of an account's user"),
                    ("deactivate_user", "Deactivate a user or let them back in"),
                    ("send_sign_in_link", "Send an account's user a link to choose a password"),
                    (
                        "withdraw_invitation",
                        "Withdraw the invitation of somebody who has not joined",
                    ),
                    ("manage_staff", "Add console staff and choose their groups"),
                    ("export_user", "Export users to CSV"),
                ),
            },
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
