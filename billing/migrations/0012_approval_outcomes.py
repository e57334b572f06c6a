"""A request says in words what it is and what came of it; its requester may withdraw it."""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

_GUARDS = import_module("billing.migrations.0011_money_in_guards")
FIRST_GUARD = _GUARDS.APPROVAL_GUARD.partition("CREATE TRIGGER")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# The words and the ticket are part of what was asked for.
GUARD = FIRST_GUARD.replace(
    "OLD.facts_sha256, OLD.reason,", "OLD.facts_sha256, OLD.summary, OLD.reason, OLD.ticket_url,"
).replace(
    "NEW.facts_sha256, NEW.reason,", "NEW.facts_sha256, NEW.summary, NEW.reason, NEW.ticket_url,"
)


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0011_money_in_guards'),
        ('tenancy', '0006_throttle_counter'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='approval',
            options={'default_permissions': ('view',), 'ordering': ('-id',), 'permissions': (('decide_approval', 'Approve or decline a request'), ('withdraw_approval', "Withdraw a request of one's own"))},
        ),
        migrations.AddField(
            model_name='approval',
            name='outcome',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='approval',
            name='summary',
            field=models.CharField(blank=True, help_text='The command in words, as it was asked for.', max_length=255),
        ),
        migrations.AddField(
            model_name='approval',
            name='ticket_url',
            field=models.URLField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name='approval',
            name='status',
            field=models.CharField(choices=[('awaiting', 'Awaiting'), ('approved', 'Approved'), ('declined', 'Declined'), ('expired', 'Expired'), ('failed', 'Failed'), ('withdrawn', 'Withdrawn')], default='awaiting', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['awaiting', 'approved', 'declined', 'expired', 'failed', 'withdrawn'])), name='approval_status_known'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', False), ('status__in', ('approved', 'declined', 'failed'))), models.Q(models.Q(('status__in', ('approved', 'declined', 'failed')), _negated=True), ('decided_by__isnull', True)), _connector='OR'), name='approval_decided_by_another'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(('decision_reason__regex', '^\\s*$'), ('status', 'declined'), _negated=True), name='approval_declined_says_why'),
        ),
        migrations.AddConstraint(
            model_name='approval',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__regex', '^\\s*$'), ('status', 'failed'), _negated=True), name='approval_failed_says_why'),
        ),
        migrations.RunSQL(GUARD, FIRST_GUARD),
    ]
