"""Lines and bank transfers as Finance finds them, and forms as the page sends them."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import Payment, StatementLine
from billing.services import references
from tests.conftest import World
from tests.factories import DAY, confirm, make_line, open_transfer
from tests.signing_in import signed_in

QUEUE = reverse("admin:reconcile")
RESULT = reverse("admin:reconcile_result")
REASON = "Statement of today"


@pytest.fixture
def finance(world: World) -> Client:
    return signed_in(world.fiona)


def days_ago(days: int) -> datetime:
    return timezone.now().astimezone(UTC) - days * DAY


def line_with(text: str, amount: str = "89.00", *, age: int = 1, **facts: object) -> StatementLine:
    day = days_ago(age).date()
    return make_line(
        Decimal(amount),
        reference_raw=text,
        reference_normalised=references.normalise(text)[:255],
        **{"booked_on": day, "value_date": day} | facts,
    )


def line_for(payment: Payment, amount: str = "89.00", **facts: object) -> StatementLine:
    return line_with(payment.reference, amount, **facts)


def waiting(account: object = None, **facts: object) -> Payment:
    return open_transfer(account, **{"now": days_ago(3)} | facts)


def by_hand(world: World, payment: Payment) -> Payment:
    """Confirmed before its line was imported, with the bank id BY-HAND."""
    return confirm(
        payment,
        by=world.fiona,
        now=days_ago(0),
        value_date=days_ago(1).date(),
        bank_transaction_id="BY-HAND",
    )


def tick(line: StatementLine, payment: Payment) -> str:
    return f"{line.pk}:{payment.pk}:{line.remaining}:{payment.outstanding}"


def form(*ticks: str, **overrides: object) -> dict[str, object]:
    return {"token": uuid4(), "reason": REASON, "tick": ticks} | overrides


def page_of(line: StatementLine) -> str:
    return reverse("admin:reconcile_line", args=(line.pk,))


def verb_url(line: StatementLine, verb: str, query: str = "") -> str:
    return reverse(f"admin:billing_statementline_{verb}", args=(line.pk,)) + query
