"""Screens call a payment what it is."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0016_post_at_once'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='historicalpayment',
            options={'get_latest_by': ('history_date', 'history_id'), 'ordering': ('-history_date', '-history_id'), 'verbose_name': 'historical bank transfer', 'verbose_name_plural': 'historical bank transfers'},
        ),
        migrations.AlterModelOptions(
            name='payment',
            options={'default_permissions': ('view',), 'ordering': ('-id',), 'permissions': (('open_bank_transfer', 'Open a bank transfer'), ('confirm_bank_transfer', 'Confirm a bank transfer'), ('reject_bank_transfer', 'Reject a bank transfer'), ('reverse_bank_transfer', 'Reverse a confirmed bank transfer'), ('write_off_shortfall', 'Write off a small shortfall'), ('export_payment', 'Export payments to CSV')), 'verbose_name': 'bank transfer'},
        ),
    ]
