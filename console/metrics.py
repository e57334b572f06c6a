"""The few figures of the business that the dashboard shows under the work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from billing.models import CreditTransaction, Operation, Payment, PaymentStatus, TransactionType
from tenancy.models import Account, AccountStatus

MONTH = timedelta(days=30)
# Summing a month of ledger rows can take a while, and nobody needs it to the second.
KEPT_FOR = 300  # seconds
USED_KEY = "metrics:credits-used"


@dataclass(frozen=True)
class Revenue:
    """`mrr` is the price of a month of every active customer's plan; both in US dollars."""

    mrr: Decimal
    paying: int
    received: Decimal


@dataclass(frozen=True)
class Used:
    """Credits that an operation used; `share` in percent of the one that used most."""

    operation: str
    credits: int
    share: int


def revenue(*, now: datetime) -> Revenue:
    paying = Account.objects.filter(
        status=AccountStatus.ACTIVE, is_system=False, is_deleted=False
    ).aggregate(
        mrr=Coalesce(Sum("plan__price"), Decimal(0)),
        paying=Count("pk", filter=Q(plan__price__gt=0)),
    )
    received = Payment.objects.filter(
        status=PaymentStatus.CONFIRMED, confirmed_at__gt=now - MONTH
    ).aggregate(total=Coalesce(Sum("received_total"), Decimal(0)))
    return Revenue(mrr=paying["mrr"], paying=paying["paying"], received=received["total"])


def credits_used(*, now: datetime) -> list[Used]:
    """By operation in the last 30 days, most first; up to five minutes old."""
    totals = cache.get(USED_KEY)
    if totals is None:
        totals = _credits_used(now)
        cache.set(USED_KEY, totals, KEPT_FOR)
    most = max((total for _, total in totals), default=1)
    labels = dict(Operation.choices)
    return [
        Used(labels.get(code, code or "Other"), total, share=max(1, round(100 * total / most)))
        for code, total in totals
    ]


def _credits_used(now: datetime) -> list[tuple[str, int]]:
    rows = (
        CreditTransaction.objects.filter(type=TransactionType.DEDUCTION, created_at__gt=now - MONTH)
        .order_by()
        .values_list("operation")
        .annotate(total=Sum("amount"))
    )
    return sorted(((code, -int(total)) for code, total in rows), key=lambda row: -row[1])
