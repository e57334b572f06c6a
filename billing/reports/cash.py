"""Cash received: customers' money that came in, by month and by how it came.

Money of a statement line counts when it gets its place, on a payment or unapplied on an account, in
the month of the bank's value date. Money returned or ignored is not cash, and neither is a line
that has no place yet: `places` tells about those.

What is taken back (a confirmation reversed, unapplied money used or returned) counts in the month
in which that was done: no month that is over loses money. The same money placed again is not new
either: once something of a line was taken back, what is placed of it later counts in the month in
which that is done. Using unapplied money is thus minus and plus in one month, and moves no cash.

A payment confirmed by hand counts by its value date, with what no statement line brought; its
reversal counts in the month of the reversal. Linking its line makes it money from a statement.

What was written off never came in. It stands apart, in the month in which it was written off, and
again with a minus in the month of the payment's reversal.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import (
    Case,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Greatest, TruncDate, TruncMonth

from billing.models import Activation, Allocation, Payment, PaymentStatus, Place
from billing.reports.months import Month, Months
from billing.reports.source import source
from tenancy.models import PaymentMethod

NOTHING = Decimal("0.00")
COUNTED = (Place.PAYMENT, Place.UNAPPLIED)


class Origin(TextChoices):
    """From where it is known that the money came."""

    APPLIED = "applied", "Statement, applied"
    UNAPPLIED = "unapplied", "Statement, unapplied"
    BY_HAND = "by_hand", "Confirmed by hand"


@dataclass(frozen=True)
class Cash:
    """`taken_back` is negative or zero; both in units of `currency`."""

    month: Month
    method: PaymentMethod
    origin: Origin
    currency: str
    received: Decimal
    taken_back: Decimal

    @property
    def net(self) -> Decimal:
        return self.received + self.taken_back


@dataclass(frozen=True)
class WrittenOff:
    """What was missing on confirmed payments; `taken_back` is negative or zero."""

    month: Month
    currency: str
    written_off: Decimal
    taken_back: Decimal

    @property
    def net(self) -> Decimal:
        return self.written_off + self.taken_back


def counted(using: str | None = None) -> QuerySet[Allocation]:
    """The allocations that are cash, each with the day it counts on as `counted_on`."""
    taken_back = Allocation.objects.filter(place__in=COUNTED, reverses__isnull=False)
    taken_back_before = taken_back.filter(line=OuterRef("line"), pk__lt=OuterRef("pk"))
    done_on = TruncDate("created_at")
    return (
        Allocation.objects.using(using)
        .filter(place__in=COUNTED)
        # Of the few lines with anything taken back alone is asked what came before what.
        .alias(is_again=Q(line__in=taken_back.values("line")) & Q(Exists(taken_back_before)))
        .annotate(
            counted_on=Case(
                When(reverses__isnull=False, then=done_on),
                When(is_again=True, then=done_on),
                default=F("line__value_date"),
                output_field=DateField(),
            )
        )
    )


def counted_in(months: Months, using: str | None = None) -> QuerySet[Allocation]:
    """Those of `counted` that count in these months."""
    first, last = months.days
    # Said once more by columns: the database then need not work the day out for every row.
    may_count = Q(line__value_date__range=(first, last)) | Q(
        created_at__gte=months.start, created_at__lt=months.end
    )
    return counted(using).filter(may_count, counted_on__range=(first, last))


def by_hand(using: str | None = None) -> QuerySet[Payment]:
    """Payments that received what no statement line brought; how much it is as `hand`."""
    return _with_hand(Payment.objects.using(using), "pk", "received_total").filter(hand__gt=0)


def by_hand_taken_back(using: str | None = None) -> QuerySet[Activation]:
    """The reversals of such payments, with the same `hand`."""
    reversals = Activation.objects.using(using).filter(reverses__isnull=False)
    return _with_hand(reversals, "payment", "payment__received_total").filter(hand__gt=0)


def _with_hand(queryset: QuerySet, payment: str, received: str) -> QuerySet:
    from_lines = (
        Allocation.objects.filter(payment=OuterRef(payment), reverses__isnull=True)
        .order_by()
        .values("payment")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    return queryset.annotate(
        hand=Greatest(F(received) - Coalesce(Subquery(from_lines), NOTHING), NOTHING)
    )


def written_off_payments(using: str | None = None) -> QuerySet[Payment]:
    closed = (PaymentStatus.CONFIRMED, PaymentStatus.REVERSED)
    return Payment.objects.using(using).filter(status__in=closed, written_off__gt=0)


def written_off_taken_back(using: str | None = None) -> QuerySet[Activation]:
    return Activation.objects.using(using).filter(
        reverses__isnull=False, payment__written_off__gt=0
    )


def received(*, months: Months) -> list[Cash]:
    """By month, method and origin; one query. What has no money in a month has no row."""
    using = source()
    placed = _sums(
        counted_in(months, using),
        day="counted_on",
        method=Coalesce("payment__method", Value(PaymentMethod.BANK_TRANSFER)),
        origin=Case(
            When(place=Place.PAYMENT, then=Value(Origin.APPLIED)), default=Value(Origin.UNAPPLIED)
        ),
        currency=F("line__currency"),
        came=Coalesce(Sum("amount", filter=Q(reverses__isnull=True)), NOTHING),
        went=Coalesce(Sum("amount", filter=Q(reverses__isnull=False)), NOTHING),
    )
    confirmed = _sums(
        by_hand(using).filter(value_date__range=months.days),
        day="value_date",
        method=F("method"),
        origin=Value(Origin.BY_HAND),
        currency=F("currency"),
        came=Sum("hand"),
        went=Value(NOTHING),
    )
    reversed_ = _sums(
        by_hand_taken_back(using).filter(at__gte=months.start, at__lt=months.end),
        day="at",
        method=F("payment__method"),
        origin=Value(Origin.BY_HAND),
        currency=F("payment__currency"),
        came=Value(NOTHING),
        went=-Sum("hand"),
    )
    sums: dict[tuple[date, str, str, str], list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
    for *key, came, went in placed.union(confirmed, reversed_, all=True):
        money = sums[tuple(key)]
        money[0] += came
        money[1] += went
    return [
        Cash(Month.of(month), PaymentMethod(method), Origin(origin), currency, *money)
        for (month, method, origin, currency), money in _sorted(sums)
    ]


def _sums(
    rows: QuerySet,
    *,
    day: str,
    method: Combinable,
    origin: Combinable,
    currency: Combinable,
    came: Combinable,
    went: Combinable,
) -> QuerySet:
    """Its rows by month, method, origin and currency, in columns that a union can stack."""
    told = {
        "of_month": Cast(TruncMonth(day), DateField()),
        "of_method": method,
        "of_origin": origin,
        "of_currency": currency,
    }
    return rows.order_by().annotate(**told).values_list(*told).annotate(came=came, went=went)


def written_off(*, months: Months) -> list[WrittenOff]:
    """By month; two queries. A month without any has no row."""
    using = source()
    sums: dict[tuple[date, str], list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
    closed = written_off_payments(using).filter(
        confirmed_at__gte=months.start, confirmed_at__lt=months.end
    )
    for month, _, currency, total in _by_month(closed, "confirmed_at", "written_off"):
        sums[month, currency][0] += total
    undone = written_off_taken_back(using).filter(at__gte=months.start, at__lt=months.end)
    for month, _, currency, total in _by_month(undone, "at", "payment__written_off", "payment__"):
        sums[month, currency][1] -= total
    return [WrittenOff(Month.of(month), *key, *money) for (month, *key), money in _sorted(sums)]


def _by_month(queryset: QuerySet, day: str, amount: str, payment: str = "") -> QuerySet:
    """Rows of month, method, currency and total."""
    return (
        queryset.order_by()
        .values_list(
            TruncMonth(day, output_field=DateField()), f"{payment}method", f"{payment}currency"
        )
        .annotate(total=Sum(amount))
    )


def _sorted(sums: dict) -> Iterable[tuple]:
    # Codes in the order of the alphabet; months come first in every key.
    return sorted(sums.items(), key=lambda item: item[0])
