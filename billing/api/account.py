"""An account's own page: status, plan, usage, credits, what is paid."""

from contextlib import suppress

from django.utils import timezone
from rest_framework import serializers

from billing.api.subscription import SubscriptionAnswer
from billing.models import Subscription
from billing.services import holds
from tenancy import access
from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Email, Id, Moment, Text
from tenancy.api.gate import Blocked
from tenancy.api.operations import operation
from tenancy.api.permissions import IsOwnerOrAdmin, MayRead
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView
from tenancy.errors import NothingChanged
from tenancy.models import Account, AccountStatus, Feature, SuspensionReason
from tenancy.roles import at_least
from tenancy.services import accounts, limits


class PlanLimits(Answer):
    max_sites = serializers.IntegerField()
    max_users = serializers.IntegerField()
    included_credits = serializers.IntegerField(help_text="For each month.")


class PlanOfAccount(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    features = serializers.ListField(child=serializers.ChoiceField(Feature.choices))
    limits = PlanLimits(source="*")


class Usage(Answer):
    sites = serializers.IntegerField()
    users = serializers.IntegerField()


class AccessAnswer(Answer):
    allowed = serializers.BooleanField()
    code = serializers.CharField(help_text="What every other call is refused with; else empty.")
    message = serializers.CharField()


class BillingData(Answer):
    billing_email = serializers.CharField(help_text="Empty: mails go to the owner.")
    billing_address_line1 = serializers.CharField()
    billing_address_line2 = serializers.CharField()
    billing_address_city = serializers.CharField()
    billing_address_state = serializers.CharField()
    billing_address_postal_code = serializers.CharField()
    billing_address_country = serializers.CharField()


class BillingBody(Body):
    billing_email = Email(
        required=False,
        allow_blank=True,
        help_text="Where invoices and reminders go. Empty: to the owner.",
    )
    billing_address_line1 = Text(required=False, allow_blank=True)
    billing_address_line2 = Text(required=False, allow_blank=True)
    billing_address_city = Text(required=False, allow_blank=True, max_length=100)
    billing_address_state = Text(required=False, allow_blank=True, max_length=100)
    billing_address_postal_code = Text(required=False, allow_blank=True, max_length=20)
    billing_address_country = Text(
        required=False, allow_blank=True, max_length=2, help_text="Two letters, such as PK or US."
    )


class AccountAnswer(Answer):
    id = Id()
    name = serializers.CharField()
    slug = serializers.CharField()
    status = serializers.ChoiceField(AccountStatus.choices)
    status_reason = serializers.ChoiceField(SuspensionReason.choices, allow_blank=True)
    access = AccessAnswer()
    plan = PlanOfAccount()
    usage = Usage()
    credits = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()
    trial_ends_at = Moment(allow_null=True)
    subscription = SubscriptionAnswer(allow_null=True)
    billing = BillingData(allow_null=True, help_text="Told to an admin or owner; else null.")


class AccountView(ApiView):
    @operation("The account", rights=[MayRead], answer=AccountAnswer, blocked=Blocked.READS)
    def get(self, call: Call) -> dict[str, object]:
        """What it may do, what it has used, what it has paid. Open to a suspended account too."""
        return _told(call, call.account)

    @operation(
        "Change the billing data",
        rights=[IsOwnerOrAdmin],
        body=BillingBody,
        answer=AccountAnswer,
        blocked=Blocked.PAYS,
        errors=[Code.STATE_CONFLICT],
    )
    def patch(self, call: Call) -> dict[str, object]:
        """What stands on invoices, and where they go. Only what is given changes; giving what it
        has already changes nothing."""
        # Who calls came with a part of the account; its history keeps all of it.
        account = Account.objects.select_related("plan").get(pk=call.account.pk)
        with suppress(NothingChanged):
            accounts.edit(account=account, changes=call.data, by=call.user, reason=reason_of(call))
        return _told(call, account)


def _told(call: Call, account: Account) -> dict[str, object]:
    now = timezone.now()
    balance = holds.balance(account=account, now=now)
    return {
        "pk": account.pk,
        "name": account.name,
        "slug": account.slug,
        "status": account.status,
        "status_reason": account.status_reason,
        "access": access.evaluate(account, now=now),
        "plan": account.plan,
        "usage": {
            "sites": limits.sites_used(account),
            "users": limits.users_used(account),
        },
        "credits": balance.credits,
        "held": balance.held,
        "available": balance.available,
        "trial_ends_at": account.trial_ends_at,
        "subscription": Subscription.objects.filter(account=account).first(),
        "billing": _billing_data(call, account),
    }


def _billing_data(call: Call, account: Account) -> dict[str, str] | None:
    if not at_least(call.user.role, IsOwnerOrAdmin.minimum):
        return None
    return Account.objects.values(*accounts.BILLING_DATA).get(pk=account.pk)
