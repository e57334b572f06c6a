"""What is open in all: how many lines, how much money, how old, by currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Q, Sum

from billing.models import OPEN_LINE, LineState, StatementLine
from console.reconcile.filters import BUCKETS, Bucket


@dataclass(frozen=True)
class Share:
    """The open lines of an age; `money` in the currency of its total."""

    bucket: Bucket
    count: int
    money: Decimal


@dataclass(frozen=True)
class Total:
    """All open lines of a currency; `oldest` in days."""

    currency: str
    count: int
    held: int
    money: Decimal
    oldest: int
    shares: list[Share]


def totals(*, today: date) -> list[Total]:
    """By currency, that with most lines first; none for one of which nothing is open. One query."""
    figures: dict[str, Count | Sum | Min] = {
        "count": Count("pk"),
        "held": Count("pk", filter=Q(state=LineState.HELD)),
        "money": Sum("remaining"),
        "oldest": Min("value_date"),
    }
    for number, bucket in enumerate(BUCKETS):
        figures[f"count_{number}"] = Count("pk", filter=bucket.condition(today))
        figures[f"money_{number}"] = Sum("remaining", filter=bucket.condition(today))
    rows = StatementLine.objects.filter(state__in=OPEN_LINE).order_by().values("currency")
    return [
        Total(
            currency=row["currency"],
            count=row["count"],
            held=row["held"],
            money=row["money"],
            oldest=max(0, (today - row["oldest"]).days),
            shares=[
                Share(bucket, row[f"count_{number}"], row[f"money_{number}"] or Decimal("0.00"))
                for number, bucket in enumerate(BUCKETS)
            ],
        )
        for row in rows.annotate(**figures).order_by("-count", "currency")
    ]
