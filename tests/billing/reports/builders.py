"""Money that comes in, through the verbs, at any time."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing.models import Payment, StatementLine
from billing.reports.months import Month, Months
from billing.services import bank_transfers, reconciliation
from tenancy.models import Account, Plan, User
from tests.factories import REASON, confirm, make_line, make_staff

OCTOBER, NOVEMBER, DECEMBER = Month(2025, 10), Month(2025, 11), Month(2025, 12)
AUTUMN = Months(OCTOBER, DECEMBER)


def at(month: int, day: int, hour: int = 12) -> datetime:
    """A moment in 2025."""
    return datetime(2025, month, day, hour, tzinfo=UTC)


def by_whom(now: datetime, by: User | None = None) -> dict[str, object]:
    return {"by": by or make_staff("Finance"), "reason": REASON, "now": now}


def asked(account: Account, now: datetime, plan: Plan | None = None) -> Payment:
    return bank_transfers.open(account=account, plan=plan or account.plan, **by_whom(now))


def came(amount: str, on: date, **facts: object) -> StatementLine:
    """A statement line without a place."""
    return make_line(Decimal(amount), value_date=on, booked_on=on, **facts)


def paid(
    account: Account,
    now: datetime,
    amount: str | None = None,
    *,
    on: date | None = None,
    plan: Plan | None = None,
) -> Payment:
    """A transfer paid from a statement line, which came on the day unless `on` says when."""
    payment = asked(account, now, plan)
    line = came(amount or str(payment.expected_amount), on or now.date())
    reconciliation.apply(line=line, payment=payment, **by_whom(now))
    payment.refresh_from_db()
    return payment


def paid_by_hand(account: Account, now: datetime, on: date | None = None) -> Payment:
    payment = asked(account, now)
    return confirm(payment, by=make_staff("Finance"), now=now, value_date=on or now.date())
