"""Credits set aside before the work, spent or given back after it."""

from django.utils import timezone
from rest_framework import serializers

from billing.api.credits import AVAILABLE_AFTER, PostedTransaction, WorkBody
from billing.models import HoldStatus, Operation
from billing.services import holds
from billing.services.costs import MAX_UNITS
from billing.services.holds import DEFAULT_SECONDS, MAX_SECONDS, Held
from tenancy.api.calls import Call, Key
from tenancy.api.codes import Code
from tenancy.api.fields import Moment, Whole
from tenancy.api.operations import Replayed, operation
from tenancy.api.permissions import MaySpend
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView


class HoldBody(WorkBody):
    expires_in = Whole(
        required=False,
        default=DEFAULT_SECONDS,
        min_value=1,
        max_value=MAX_SECONDS,
        help_text="Seconds until the credits come back by themselves.",
    )


class CommitBody(Body):
    units = Whole(min_value=1, max_value=MAX_UNITS, help_text="What the work really took.")


class HoldAnswer(Answer):
    id = serializers.CharField()
    operation = serializers.ChoiceField(Operation.choices)
    units = serializers.IntegerField()
    amount = serializers.IntegerField(help_text="Credits set aside.")
    status = serializers.ChoiceField(
        HoldStatus.choices, help_text="As it is now. Only a hold that is `held` can be committed."
    )
    created_at = Moment()
    expires_at = Moment()
    committed_units = serializers.IntegerField(allow_null=True)
    committed_amount = serializers.IntegerField(
        allow_null=True, help_text="Credits spent; the rest was given back."
    )
    available = serializers.IntegerField(help_text=AVAILABLE_AFTER)


class CommittedAnswer(HoldAnswer):
    transaction = PostedTransaction()


class HoldsView(ApiView):
    @operation(
        "Set credits aside",
        rights=[MaySpend],
        scope="credits",
        body=HoldBody,
        answer=HoldAnswer,
        status=201,
        key=Key.NEEDED,
        errors=[Code.INSUFFICIENT_CREDITS, Code.STATE_CONFLICT],
    )
    def post(self, call: Call) -> Held | Replayed:
        """Before the work: of two calls that fit alone but not together, one is refused here.

        A repeat is answered with the hold as it stands by then. Look at its `status`: no work
        should begin on one that has expired, or was released or committed.
        """
        held = holds.reserve(
            account=call.account,
            **call.data,
            idempotency_key=call.key,
            now=timezone.now(),
            wait=False,
        )
        return Replayed(held) if held.replayed else held


class CommitHoldView(ApiView):
    @operation(
        "Spend what was set aside",
        rights=[MaySpend],
        scope="credits",
        body=CommitBody,
        answer=CommittedAnswer,
        key=Key.IGNORED,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, hold_id: str) -> dict[str, object] | Replayed:
        """At most what is held, at its price; the rest comes back. The same units again give the
        same answer, so no Idempotency-Key is needed."""
        held, posted = holds.commit(
            account=call.account, hold_id=hold_id, units=call.data["units"], now=timezone.now()
        )
        answer = {**held._asdict(), "transaction": posted}
        return Replayed(answer) if held.replayed else answer


class ReleaseHoldView(ApiView):
    @operation(
        "Give back what was set aside",
        rights=[MaySpend],
        scope="credits",
        answer=HoldAnswer,
        key=Key.IGNORED,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, hold_id: str) -> Held | Replayed:
        """The work is not done. A repeat gives the same answer, so no Idempotency-Key is needed."""
        held = holds.release(account=call.account, hold_id=hold_id, now=timezone.now())
        return Replayed(held) if held.replayed else held
