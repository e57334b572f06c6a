"""What an account has to spend, what things cost, and spending it."""

from django.utils import timezone
from rest_framework import serializers

from billing.models import CostUnit, CreditTransaction, Operation, TransactionType
from billing.services import costs, holds, spending
from billing.services.costs import MAX_UNITS
from billing.services.ledger import Posted
from tenancy.api.calls import Call, Key
from tenancy.api.codes import Code
from tenancy.api.fields import Choice, Id, Metadata, Moment, Text, Whole
from tenancy.api.operations import Replayed, operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.permissions import MayRead, MaySpend
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView

AVAILABLE_AFTER = (
    "What can be spent now, at least: a hold whose time is over counts until it is given back."
)
AVAILABLE = "What can be spent now. A hold whose time is over does not count."


class WorkBody(Body):
    operation = Choice(Operation.choices)
    units = Whole(
        required=False,
        default=1,
        min_value=1,
        max_value=MAX_UNITS,
        help_text="Words, ideas or images. A fixed cost does not depend on it.",
    )


class DeductBody(WorkBody):
    description = Text(required=False, allow_blank=True)
    metadata = Metadata(
        required=False, help_text="Your own facts. A member `request` is refused: it is ours."
    )


class BalanceAnswer(Answer):
    credits = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Set aside for work in progress.")
    available = serializers.IntegerField(help_text=AVAILABLE)


class EstimateAnswer(Answer):
    allowed = serializers.BooleanField()
    cost = serializers.IntegerField()
    available = serializers.IntegerField(help_text=AVAILABLE)


class TransactionAnswer(Answer):
    id = Id()
    sequence = serializers.IntegerField()
    type = serializers.ChoiceField(TransactionType.choices)
    amount = serializers.IntegerField(help_text="Credits; negative when spent.")
    balance_after = serializers.IntegerField()
    operation = serializers.CharField()
    description = serializers.CharField()
    created_at = Moment()


class PostedTransaction(TransactionAnswer):
    id = Id(source="transaction_id")


class SpentAnswer(Answer):
    transaction = PostedTransaction()
    available = serializers.IntegerField(help_text=AVAILABLE_AFTER)


class CostAnswer(Answer):
    operation = serializers.ChoiceField(Operation.choices)
    unit = serializers.ChoiceField(CostUnit.choices)
    credits = serializers.IntegerField(help_text="For each unit.")


class CostList(Answer):
    results = CostAnswer(many=True)


class BalanceView(ApiView):
    @operation("The balance", rights=[MayRead], answer=BalanceAnswer)
    def get(self, call: Call) -> holds.Balance:
        return holds.balance(account=call.account, now=timezone.now())


class TransactionsView(ApiView):
    @operation("The ledger", rights=[MayRead], query=PageQuery, answer=paged(TransactionAnswer))
    def get(self, call: Call) -> dict[str, object]:
        """Newest first, by sequence: without gaps, and never changed."""
        rows = CreditTransaction.objects.filter(account=call.account)
        return page(rows, by="sequence", request=call.request, query=call.query)


class CostsView(ApiView):
    @operation("What operations cost", rights=[MayRead], answer=CostList)
    def get(self, call: Call) -> dict[str, list[dict[str, object]]]:
        prices = costs.price_list()
        return {
            "results": [
                {"operation": operation, "unit": cost.unit, "credits": cost.credits}
                for operation, cost in prices.items()
            ]
        }


class CheckView(ApiView):
    @operation(
        "What would this cost?",
        rights=[MayRead],
        scope="credits",
        body=WorkBody,
        answer=EstimateAnswer,
        key=Key.IGNORED,
    )
    def post(self, call: Call) -> spending.Estimate:
        """Spends nothing and promises nothing: for work that must not run in vain, hold."""
        return spending.check(account=call.account, now=timezone.now(), **call.data)


class DeductView(ApiView):
    @operation(
        "Spend credits",
        rights=[MaySpend],
        scope="credits",
        body=DeductBody,
        answer=SpentAnswer,
        status=201,
        key=Key.NEEDED,
        errors=[Code.INSUFFICIENT_CREDITS, Code.STATE_CONFLICT],
    )
    def post(self, call: Call) -> dict[str, object] | Replayed:
        """Exactly once for each Idempotency-Key, for ever."""
        posted = spending.deduct(
            account=call.account,
            **call.data,
            idempotency_key=call.key,
            fingerprint=call.fingerprint,
            wait=False,
        )
        return told(posted)


def told(posted: Posted) -> dict[str, object] | Replayed:
    answer = {"transaction": posted, "available": posted.available}
    return Replayed(answer) if posted.replayed else answer
