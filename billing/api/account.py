"""An account's own page: status, plan, usage, credits, what is paid."""

from django.utils import timezone
from rest_framework import serializers

from billing.api.subscription import SubscriptionAnswer
from billing.models import Subscription
from billing.services import holds
from tenancy import access
from tenancy.api.calls import Call
from tenancy.api.fields import Id, Moment
from tenancy.api.gate import Blocked
from tenancy.api.operations import operation
from tenancy.api.permissions import MayRead
from tenancy.api.shapes import Answer
from tenancy.api.views import ApiView
from tenancy.models import AccountStatus, Feature, SuspensionReason
from tenancy.services import limits


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


class AccountView(ApiView):
    @operation("The account", rights=[MayRead], answer=AccountAnswer, blocked=Blocked.READS)
    def get(self, call: Call) -> dict[str, object]:
        """What it may do, what it has used, what it has paid. Open to a suspended account too."""
        account = call.account
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
        }
