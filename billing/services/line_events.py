"""What the audit trail keeps of a statement line's money."""

from collections.abc import Sequence
from decimal import Decimal

from billing.models import StatementLine
from billing.services.bookings import Applied
from tenancy.models import Account, User
from tenancy.records import record, snapshot

LINE_FIELDS = ("state", "remaining")


def record_line(
    verb: str,
    line: StatementLine,
    done: Sequence[Applied],
    *,
    before: dict[str, object],
    account: Account,
    by: User,
    reason: str,
    ticket_url: str,
) -> None:
    """One event under an account, which tells what of the line's money is its own."""
    paid = {one.payment.reference: f"{one.applied:.2f}" for one in done if one.payment is not None}
    unapplied = sum((one.unapplied for one in done), Decimal(0))
    record(
        verb,
        by=by,
        reason=reason,
        target=line,
        account=account,
        before=before,
        after={
            **snapshot(line, LINE_FIELDS),
            **({"applied": paid} if paid else {}),
            **({"unapplied": f"{unapplied:.2f}"} if unapplied else {}),
        },
        ticket_url=ticket_url,
    )
