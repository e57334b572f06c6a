"""How many credits a person may give or take: read from their groups' limits."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import models, transaction
from django.db.models.functions import Abs

from billing.models import CreditTransaction, GrantLimit, TransactionType
from tenancy.errors import InvalidValue, NotPermitted, StateConflict, is_whole
from tenancy.models import User
from tenancy.records import change, clean_reason, lock

COUNTED = (TransactionType.GRANT, TransactionType.ADJUSTMENT)
MAX_LIMIT = 10_000_000
# Where a ledger row's metadata names who allowed it.
APPROVED_BY = "approved_by"


class OverLimit(NotPermitted):
    """Facts: `limit`, `asked` and `used_today`, in credits."""

    code = "over_limit"


@dataclass(frozen=True)
class Allowance:
    """Credits a person may still give or take: in one go, and in what is left of the day (UTC)."""

    per_grant: int
    per_day: int
    used_today: int

    @property
    def left_today(self) -> int:
        return max(0, self.per_day - self.used_today)


def allowance(*, by: User, now: datetime) -> Allowance:
    """The widest limit of the person's groups. A superuser has the widest there is, not none.

    What somebody else approved takes nothing away from the person's day.
    """
    limits = GrantLimit.objects.all()
    if not by.is_superuser:
        limits = limits.filter(group__user=by)
    widest = limits.aggregate(per_grant=models.Max("per_grant"), per_day=models.Max("per_day"))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    used = CreditTransaction.objects.filter(
        created_by=by, type__in=COUNTED, created_at__gte=midnight
    )
    used = used.exclude(metadata__has_key=APPROVED_BY).aggregate(total=models.Sum(Abs("amount")))
    return Allowance(
        per_grant=widest["per_grant"] or 0,
        per_day=widest["per_day"] or 0,
        used_today=int(used["total"] or 0),
    )


def check(*, by: User, amount: int, now: datetime, approved_by: User | None = None) -> None:
    """Raises OverLimit when `amount` credits are more than the person may give or take now.

    With another person's approval there is no limit. Locks the person's row, so
    that two grants at once cannot both use the day's last credits.
    """
    if approved_by is not None:
        return
    lock(by)
    mine = allowance(by=by, now=now)
    facts = {"limit": mine.per_grant, "asked": amount, "used_today": mine.used_today}
    if mine.per_grant == 0:
        raise OverLimit("Your groups may not give or take credits. Ask Finance.", **facts)
    if amount > mine.per_grant:
        raise OverLimit(
            f"{amount:,} credits are over your limit of {mine.per_grant:,} a time. "
            "Ask somebody with a higher limit.",
            **facts,
        )
    if amount > mine.left_today:
        raise OverLimit(
            f"{amount:,} credits are over what is left of your {mine.per_day:,} a day: you have "
            f"moved {mine.used_today:,} today (UTC), so {mine.left_today:,} are left.",
            **facts,
        )


@transaction.atomic
def edit(
    *, limit: GrantLimit, per_grant: int, per_day: int, by: User, reason: str, ticket_url: str = ""
) -> GrantLimit:
    """Change a group's limits, in credits.

    Raises InvalidValue, and StateConflict when nothing differs.
    """
    reason = clean_reason(reason)
    lock(limit)
    for field, value in (("per_grant", per_grant), ("per_day", per_day)):
        if not is_whole(value, low=0, high=MAX_LIMIT):
            raise InvalidValue(f"A limit is from 0 to {MAX_LIMIT:,} credits.", field=field)
    if per_day < per_grant:
        raise InvalidValue(
            "The limit for a day cannot be below that of one grant.", field="per_day"
        )
    if (limit.per_grant, limit.per_day) == (per_grant, per_day):
        raise StateConflict("These are the limits already; nothing was changed.", current="same")
    change(
        limit,
        {"per_grant": per_grant, "per_day": per_day},
        verb="grant_limit_edited",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return limit
