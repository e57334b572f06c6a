"""Which bank transfer a statement line pays: found by indexes, ranked, and said in words.

The same few queries for any number of lines. Nothing is written: what is ticked in advance is
still confirmed by a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from billing.models import (
    OPEN_LINE,
    OPEN_PAYMENT,
    LineState,
    PayerLink,
    Payment,
    PaymentStatus,
    StatementLine,
)
from billing.services import allocations, match_words, payer_links, references
from billing.services.bank_transfers import refuse_unpayable
from billing.services.match_words import Level
from tenancy.errors import StateConflict

MOST_OF_AN_AMOUNT = 5  # bank transfers named to a line that says nothing but its amount
SURE = (Level.EXACT, Level.NORMALISED)
NAMED = (*SURE, Level.ONE_EDIT)
READ_ALONG = ("account__plan", "invoice__plan", "confirmed_by", "rejected_by")


@dataclass(frozen=True)
class Suggestion:
    """One way a line's money may go. `words` say why, and what can be done where it may not.

    `is_usable`: applying the line to the payment (of level BOOKED: linking it) would be accepted as
    things stand. `is_ticked`: it may be ticked in advance.
    """

    level: Level
    payment: Payment
    words: str
    is_ticked: bool = False
    is_usable: bool = True


type Ways = dict[int, list[Suggestion]]


def suggest(lines: Iterable[StatementLine]) -> Ways:
    """What each line may pay, by the line's id and best first; only lines that are open are there.

    Ticked is one case alone: an exact or normalised reference of one single bank transfer that is
    open, what is outstanding to the cent, in its currency, of an account that may become active.
    Of several lines that would pay the same, the oldest. At most five queries.
    """
    lines = [line for line in lines if line.state in OPEN_LINE]
    ways: Ways = {line.pk: [] for line in lines}
    _add_by_reference(lines, ways)
    _add_by_bank_id(lines, ways)
    _add_by_account(lines, ways)
    _add_by_amount([line for line in lines if not ways[line.pk]], ways)
    for found in ways.values():
        found.sort(key=_rank)
    _tick(lines, ways)
    return ways


def _rank(way: Suggestion) -> tuple[object, ...]:
    return (way.level != Level.BOOKED, not way.is_usable, way.level, way.payment.pk)


def _tick(lines: Sequence[StatementLine], ways: Ways) -> None:
    paid: dict[int, StatementLine] = {}
    for line in sorted(lines, key=lambda line: (line.value_date, line.pk)):
        if line.state != LineState.NEW or len(ways[line.pk]) != 1:
            continue
        (way,) = ways[line.pk]
        payment = way.payment
        if way.level not in SURE or not way.is_usable or not _is_equal(line, payment):
            continue
        first = paid.setdefault(payment.pk, line)
        if first is line:
            ways[line.pk] = [replace(way, is_ticked=True)]
        else:
            when = match_words.day(first.value_date, beside=line)
            words = f"{way.words}. The line of {when} pays the same: this may be a second transfer"
            ways[line.pk] = [replace(way, words=words)]


def _add_by_reference(lines: Sequence[StatementLine], ways: Ways) -> None:
    named: dict[int, list[tuple[str, Level, str]]] = {}
    for line in lines:
        reading = references.read(line.reference_raw)
        named[line.pk] = [
            (reference, Level.EXACT, "")
            if reference in line.reference_raw
            else (reference, Level.NORMALISED, "spelled otherwise")
            for reference in reading.references
        ] + [(guess.reference, Level.ONE_EDIT, guess.slip) for guess in reading.guesses]
    wanted = {reference for each in named.values() for reference, _, _ in each}
    payments = {payment.reference: payment for payment in _payments().filter(reference__in=wanted)}
    for line in lines:
        known = [each for each in named[line.pk] if each[0] in payments]
        waiting = [payments[reference] for reference, _, _ in known if payments[reference].is_open]
        for reference, level, how in known:
            words = match_words.by_reference(line, payments[reference], how=how)
            if payments[reference].is_open:
                words += match_words.several(line, waiting)
            ways[line.pk].append(_way(level, line, payments[reference], words))


def _add_by_bank_id(lines: Sequence[StatementLine], ways: Ways) -> None:
    """What was confirmed by hand with a line's bank id: that money must not count twice."""
    ids = [line.bank_transaction_id for line in lines if line.bank_transaction_id]
    placed = allocations.standing().filter(payment=OuterRef("pk")).order_by().values("payment")
    booked = (
        _payments()
        .filter(bank_transaction_id__in=ids, status=PaymentStatus.CONFIRMED)
        .annotate(
            by_hand=F("received_total")
            - Coalesce(Subquery(placed.values(total=Sum("amount"))), Decimal(0))
        )
        .filter(by_hand__gt=0)
    )
    by_id = {payment.bank_transaction_id: payment for payment in booked}
    for line in lines:
        payment = by_id.get(line.bank_transaction_id)
        if payment is None:
            continue
        fits = line.currency == payment.currency and line.remaining >= payment.by_hand
        todo = (
            "Link the line to it; nothing is activated again"
            if fits
            else "Reverse that confirmation and apply the line, if they are the same money"
        )
        words = match_words.by_bank_id(line, payment, by_hand=payment.by_hand)
        others = [
            replace(way, words=f"{way.words}. {match_words.TAKEN}", is_usable=False)
            for way in ways[line.pk]
            if way.payment.pk != payment.pk
        ]
        ways[line.pk] = [
            Suggestion(Level.BOOKED, payment, f"{words}. {todo}", is_usable=fits),
            *others,
        ]


def _add_by_account(lines: Sequence[StatementLine], ways: Ways) -> None:
    """The open bank transfer of an account that is known by its payer or by a closed reference."""
    keys = {line.pk: payer_links.key_of(line) for line in lines if not ways[line.pk]}
    linked = PayerLink.objects.filter(payer_key__in=set(keys.values()) - {""}, cut_at=None)
    accounts_of: dict[str, list[int]] = defaultdict(list)
    for key, account_id in linked.order_by("pk").values_list("payer_key", "account_id"):
        accounts_of[key].append(account_id)
    closed = {
        line.pk: [way.payment for way in ways[line.pk] if _is_named_and_closed(way)]
        for line in lines
    }
    wanted = {account_id for each in accounts_of.values() for account_id in each}
    wanted |= {payment.account_id for each in closed.values() for payment in each}
    waiting = _payments().filter(account_id__in=wanted, status__in=OPEN_PAYMENT)
    open_of = {payment.account_id: payment for payment in waiting}
    for line in lines:
        for old in closed[line.pk]:
            payment = open_of.get(old.account_id)
            if payment is not None and payment not in _payments_of(ways[line.pk]):
                words = match_words.by_account(line, payment, closed=old)
                ways[line.pk].append(_way(Level.PAYER, line, payment, words))
        known = accounts_of.get(keys.get(line.pk, ""), [])
        for account_id in known:
            payment = open_of.get(account_id)
            if payment is not None and _is_equal(line, payment):
                words = match_words.by_payer(line, payment, accounts=len(known))
                ways[line.pk].append(_way(Level.PAYER, line, payment, words))


def _add_by_amount(lines: Sequence[StatementLine], ways: Ways) -> None:
    outstanding = F("expected_amount") - F("received_total") - F("written_off")
    same = {"partition_by": (F("outstanding_now"), F("currency"))}
    oldest = (
        _payments()
        .annotate(outstanding_now=outstanding)
        .filter(
            status__in=OPEN_PAYMENT,
            outstanding_now__in={line.remaining for line in lines},
            currency__in={line.currency for line in lines},
        )
        .annotate(
            place=Window(RowNumber(), order_by=(F("opened_at"), F("pk")), **same),
            of=Window(Count("pk"), **same),
        )
        .filter(place__lte=MOST_OF_AN_AMOUNT)
    )
    by_amount: dict[tuple[Decimal, str], list[Payment]] = defaultdict(list)
    for payment in oldest:
        by_amount[payment.outstanding, payment.currency].append(payment)
    for line in lines:
        for payment in by_amount.get((line.remaining, line.currency), ()):
            words = match_words.by_amount(line, payment, others=payment.of - 1)
            ways[line.pk].append(_way(Level.AMOUNT, line, payment, words))


def _way(level: Level, line: StatementLine, payment: Payment, words: str) -> Suggestion:
    obstacle = _obstacle(line, payment)
    if obstacle:
        return Suggestion(level, payment, f"{words}. {obstacle}", is_usable=False)
    return Suggestion(level, payment, words)


def _obstacle(line: StatementLine, payment: Payment) -> str:
    """Why the line cannot be applied to the payment, and what can be done; empty when it can."""
    if not payment.is_open:
        return match_words.way_out(line, payment)
    if line.currency != payment.currency:
        return match_words.other_currency(line, payment)
    try:
        refuse_unpayable(payment.account)
    except StateConflict as refusal:
        return refusal.message.removesuffix(".")
    return ""


def _is_named_and_closed(way: Suggestion) -> bool:
    return way.level in NAMED and not way.payment.is_open


def _is_equal(line: StatementLine, payment: Payment) -> bool:
    return (line.remaining, line.currency) == (payment.outstanding, payment.currency)


def _payments_of(ways: Sequence[Suggestion]) -> list[Payment]:
    return [way.payment for way in ways]


def _payments() -> QuerySet[Payment]:
    return Payment.objects.select_related(*READ_ALONG).order_by()
