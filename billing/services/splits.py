"""One statement line divided over several transfers and accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Payment, Place, StatementLine
from billing.services import allocations
from billing.services.allocations import lock_in_order, refuse_placed
from billing.services.bookings import Applied, book, refuse_unbookable
from billing.services.line_events import LINE_FIELDS, record_line
from tenancy.errors import InvalidValue, ServiceError
from tenancy.models import Account, User
from tenancy.records import clean_reason, refuse_own_account, snapshot
from tenancy.services.accounts import refuse_deleted


class SplitDiffers(ServiceError):
    """Facts: `line`, `parts` and `difference` as decimal strings in the line's currency."""

    code = "split_differs"


@dataclass(frozen=True)
class Part:
    """A part of a line's money, for an open payment or for an account to wait on.

    `amount` is positive, in the line's currency, with at most two decimals.
    """

    amount: Decimal
    payment: Payment | None = None
    account: Account | None = None


@transaction.atomic
def split(
    *,
    line: StatementLine,
    parts: Sequence[Part],
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> list[Applied]:
    """Divide the money of a line that has no place yet over payments and accounts.

    All parts or none; the answer is in their order. A part above what its payment lacks leaves the
    excess on that account. Raises SplitDiffers unless the parts make up exactly that money,
    InvalidValue for parts that cannot be, and what `apply` raises.
    """
    reason = clean_reason(reason)
    owners = lock_in_order(
        accounts=[part.account for part in parts if part.account is not None],
        payments=[part.payment for part in parts if part.payment is not None],
        lines=[line],
    )
    refuse_placed(line)
    _refuse_parts(line, parts)
    for part in parts:
        if part.payment is not None:
            refuse_unbookable(line, part.payment, by=by, now=now)
        else:
            refuse_own_account(by=by, account=owners[part.account.pk])
            refuse_deleted(owners[part.account.pk])
    facts = {"by": by, "reason": reason, "now": now}
    before = snapshot(line, LINE_FIELDS)
    done: list[Applied] = []
    for part in parts:
        if part.payment is not None:
            one = book(
                line=line, payment=part.payment, amount=part.amount, ticket_url=ticket_url, **facts
            )
        else:
            account = owners[part.account.pk]
            allocations.place(
                line=line, place=Place.UNAPPLIED, amount=part.amount, account=account, **facts
            )
            one = Applied(None, Decimal(0), part.amount, is_confirmed=False)
        done.append(one)
    for account in owners.values():
        record_line(
            "line_split",
            line,
            [one for part, one in zip(parts, done, strict=True) if _owner_of(part) == account.pk],
            before=before,
            account=account,
            by=by,
            reason=reason,
            ticket_url=ticket_url,
        )
    return done


def _owner_of(part: Part) -> int:
    return part.payment.account_id if part.payment is not None else part.account.pk


def _refuse_parts(line: StatementLine, parts: Sequence[Part]) -> None:
    for part in parts:
        if (part.payment is None) == (part.account is None):
            raise InvalidValue("Each part goes to a bank transfer or to an account.", field="parts")
        in_cents = part.amount.is_finite() and part.amount == round(part.amount, 2)
        if not in_cents or part.amount <= 0:
            raise InvalidValue(
                f"A part is an amount above 0 with at most two decimals, not {part.amount}.",
                field="parts",
            )
    payments = [part.payment.pk for part in parts if part.payment is not None]
    accounts = [part.account.pk for part in parts if part.account is not None]
    if len(set(payments)) < len(payments) or len(set(accounts)) < len(accounts):
        raise InvalidValue("Name each bank transfer and each account once.", field="parts")
    total = sum((part.amount for part in parts), Decimal(0))
    if total != line.remaining:
        difference = line.remaining - total
        where = "have no part yet" if difference > 0 else "are more than there is"
        raise SplitDiffers(
            f"The line {line} has {line.remaining} {line.currency} to divide, the parts make "
            f"{total}: {abs(difference)} {where}.",
            line=str(line.remaining),
            parts=str(total),
            difference=str(difference),
        )
