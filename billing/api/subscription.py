"""What an account has paid for, and until when."""

from rest_framework import serializers

from billing.models import Subscription, SubscriptionStatus
from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Moment
from tenancy.api.gate import Blocked
from tenancy.api.operations import operation
from tenancy.api.permissions import IsOwnerOrAdmin
from tenancy.api.problems import ApiError
from tenancy.api.shapes import Answer
from tenancy.api.views import ApiView
from tenancy.models import PaymentMethod


class SubscriptionAnswer(Answer):
    status = serializers.ChoiceField(SubscriptionStatus.choices)
    payment_method = serializers.ChoiceField(PaymentMethod.choices)
    current_period_start = Moment()
    current_period_end = Moment()
    cancel_at_period_end = serializers.BooleanField()


class SubscriptionView(ApiView):
    @operation(
        "The subscription",
        rights=[IsOwnerOrAdmin],
        answer=SubscriptionAnswer,
        blocked=Blocked.READS,
        errors=[Code.NOT_FOUND],
    )
    def get(self, call: Call) -> Subscription:
        """404 while nothing has been paid."""
        subscription = Subscription.objects.filter(account=call.account).first()
        if subscription is None:
            raise ApiError(Code.NOT_FOUND)
        return subscription
