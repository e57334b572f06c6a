"""The verbs of money in with ordinary values, and what must hold after any of them."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from django.db.models import Sum

from billing.models import (
    Activation,
    Allocation,
    InvoiceStatus,
    LineState,
    Payment,
    PaymentStatus,
    Place,
    StatementLine,
)
from billing.services import (
    bank_transfers,
    line_verbs,
    links,
    proof,
    reconciliation,
    reversals,
    splits,
    unapplied,
    write_offs,
)
from tests.factories import NOW, REASON, make_staff


def act[R](verb: Callable[..., R], **arguments: object) -> R:
    return turn(verb, **{"now": NOW} | arguments)


def turn[R](verb: Callable[..., R], **arguments: object) -> R:
    """The same for a verb that does not ask when."""
    facts = {"reason": REASON}
    if "by" not in arguments:
        facts["by"] = make_staff()
    return verb(**facts | arguments)


apply = partial(act, reconciliation.apply)
split = partial(act, splits.split)
link = partial(act, links.link)
put_on_account = partial(act, reconciliation.put_on_account)
hold = partial(turn, line_verbs.hold)
release = partial(turn, line_verbs.release)
ignore = partial(act, line_verbs.ignore)
give_back = partial(act, line_verbs.give_back)
reopen = partial(act, line_verbs.reopen)
write_off = partial(act, write_offs.write_off)
use = partial(act, unapplied.use)
give_unapplied_back = partial(act, unapplied.give_back)
reverse = partial(act, reversals.reverse)
reject = partial(act, bank_transfers.reject)


def usd(amount: str | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def places(line: StatementLine) -> dict[str, Decimal]:
    """Where the money of a line is now: `{"payment": 89.00, "unapplied": 11.00}`."""
    found = Allocation.objects.filter(line=line, reverses=None, reversed_by=None)
    sums = found.values_list("place").annotate(Sum("amount"))
    return dict(sums)


def money_agrees() -> None:
    """Money in is in its places; what is paid, what was set in motion and the ledger agree."""
    assert proof.differences() == []
    for line in StatementLine.objects.filter(amount__gt=0):
        placed = places(line)
        assert line.amount == line.remaining + sum(placed.values(), Decimal(0))
        rows = line.allocations.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        assert rows == sum(placed.values(), Decimal(0))
        assert (line.remaining > 0) == (line.state in (LineState.NEW, LineState.HELD))
    standing = Allocation.objects.filter(reverses=None, reversed_by=None, place=Place.PAYMENT)
    for payment in Payment.objects.select_related("invoice"):
        mine = Activation.objects.filter(payment=payment, reverses=None)
        from_lines = standing.filter(payment=payment).aggregate(sum=Sum("amount"))["sum"] or 0
        if payment.status == PaymentStatus.CONFIRMED:
            assert mine.filter(reversed_by=None).count() == 1
            assert payment.invoice.status == InvoiceStatus.PAID
            assert from_lines <= payment.received_total
            assert payment.received_total + payment.written_off == payment.expected_amount
        else:
            assert not mine.filter(reversed_by=None).exists()
            assert payment.invoice.status != InvoiceStatus.PAID
            expected = 0 if payment.status == PaymentStatus.REVERSED else payment.received_total
            assert from_lines == expected
