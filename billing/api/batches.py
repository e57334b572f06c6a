"""Many deductions in one call, for workers that settle a heap of small work at once."""

from django.http import HttpRequest
from rest_framework import serializers

from billing.api.credits import DeductBody, PostedTransaction
from billing.services import batches
from billing.services.batches import Deduction, Outcome
from tenancy.api import problems
from tenancy.api.calls import Call, Key
from tenancy.api.fields import Several, Text
from tenancy.api.once import fingerprint_of, refuse_bad_key
from tenancy.api.operations import operation
from tenancy.api.permissions import MaySpend
from tenancy.api.refusals import error_of
from tenancy.api.schema import ProblemAnswer
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView

LARGEST_BATCH = 1_000


class ItemBody(DeductBody):
    idempotency_key = Text(help_text="Of this item; a UUID is best.")


class BatchBody(Body):
    items = Several(
        child=ItemBody(), min_length=1, max_length=LARGEST_BATCH, help_text="In this order."
    )


class ItemProblem(ProblemAnswer):
    """Why this item was refused."""

    required = serializers.IntegerField(required=False, help_text="Credits.")
    available = serializers.IntegerField(required=False, help_text="Credits.")


class OutcomeAnswer(Answer):
    """Either the transaction or the error is there."""

    replayed = serializers.BooleanField()
    transaction = PostedTransaction(allow_null=True)
    error = ItemProblem(allow_null=True)


class BatchAnswer(Answer):
    results = OutcomeAnswer(many=True, help_text="In the order of the items.")


class DeductManyView(ApiView):
    @operation(
        "Spend credits for many operations",
        rights=[MaySpend],
        scope="credits",
        body=BatchBody,
        answer=BatchAnswer,
        key=Key.IGNORED,
    )
    def post(self, call: Call) -> dict[str, object]:
        """Each item is spent or refused by itself, exactly once for its own key."""
        outcomes = batches.deduct_many(
            items=[_deduction(call, number, item) for number, item in enumerate(call.data["items"])]
        )
        return {"results": [_told(outcome, call.request) for outcome in outcomes]}


def _deduction(call: Call, number: int, item: dict[str, object]) -> Deduction:
    facts = dict(item)
    refuse_bad_key(facts["idempotency_key"], {"pointer": f"/items/{number}/idempotency_key"})
    given = call.request.data["items"][number]
    return Deduction(account=call.account, **facts, fingerprint=fingerprint_of(call.request, given))


def _told(outcome: Outcome, request: HttpRequest) -> dict[str, object]:
    posted, refusal = outcome
    return {
        "replayed": posted is not None and posted.replayed,
        "transaction": posted,
        "error": None if refusal is None else problems.body(error_of(refusal), request.id),
    }
