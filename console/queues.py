"""The work that waits: each queue is a condition on one list, and the list shows exactly its rows.

The dashboard counts with the same conditions that `QueueFilter` puts on the list, so that a
number and the rows behind it cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db import models
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import (
    OPEN_LINE,
    OPEN_PAYMENT,
    Allocation,
    Approval,
    ApprovalStatus,
    InvoiceStatus,
    Payment,
    Place,
    StatementLine,
)
from billing.services.approval_rules import DECIDE
from tenancy.models import Account, AccountStatus, AuditEvent, Currency, User

PARAMETER = "queue"  # in the address of a list
SOON = timedelta(days=7)
LATELY = timedelta(days=7)
TOO_LONG = timedelta(days=3)
WORKING = (AccountStatus.TRIAL, AccountStatus.PENDING_PAYMENT, AccountStatus.ACTIVE)

# Customers whom somebody should care for: not deleted ones, and not the company's own.
CUSTOMER = Q(is_deleted=False, is_system=False)
OUTSTANDING = F("expected_amount") - F("received_total")


@dataclass(frozen=True)
class Queue:
    """`since` is the column that a row's age is counted from; `newest` counts from the newest.

    `condition` takes the time of now, and joins no table that could double a row; `mine` narrows it
    to what is this person's work. `says` is the word before the age; where there is no age to tell,
    `note` stands there. `currency` is the column of the money's, where that may be any.
    """

    code: str
    title: str
    model: type[models.Model]
    condition: Callable[[datetime], Q]
    since: str
    icon: str
    money: F | CombinedExpression | None = None
    currency: str = ""
    says: str = "oldest"
    note: str = ""
    newest: bool = False
    mine: Callable[[User], Q] | None = None

    def rows(self, *, now: datetime, person: User | None) -> Q:
        """The condition of the queue as this person has it."""
        condition = self.condition(now)
        if self.mine is None or person is None:
            return condition
        return condition & self.mine(person)

    @property
    def url(self) -> str:
        opts = self.model._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist") + (
            f"?{PARAMETER}={self.code}"
        )

    @property
    def ordering(self) -> tuple[str, str]:
        """First what the dashboard tells the age of."""
        return (f"-{self.since}", "-id") if self.newest else (self.since, "id")

    @property
    def permission(self) -> str:
        opts = self.model._meta
        return f"{opts.app_label}.view_{opts.model_name}"


TRANSFERS_WAITING = Queue(
    "transfers-waiting",
    "Bank transfers waiting",
    Payment,
    lambda now: Q(status__in=OPEN_PAYMENT),
    since="opened_at",
    icon="account_balance",
    money=OUTSTANDING,
)
RENEWALS_OVERDUE = Queue(
    "renewals-overdue",
    "Renewals past due",
    Payment,
    lambda now: Q(
        status__in=OPEN_PAYMENT,
        account__status=AccountStatus.ACTIVE,
        # As is every invoice of an open transfer; said so that open ones alone are looked through.
        invoice__status=InvoiceStatus.OPEN,
        invoice__due_on__lt=now.date(),
    ),
    since="opened_at",
    icon="event_busy",
    money=OUTSTANDING,
)
UNMATCHED_MONEY = Queue(
    "unmatched-money",
    "Unmatched money",
    StatementLine,
    lambda now: Q(state__in=OPEN_LINE),
    since="value_date",
    icon="help_center",
    money=F("remaining"),
    currency="currency",
)
UNAPPLIED_MONEY = Queue(
    "unapplied-money",
    "Unapplied money",
    Allocation,
    lambda now: Q(place=Place.UNAPPLIED, reverses=None, reversed_by=None),
    since="created_at",
    icon="savings",
    money=F("amount"),
    currency="line__currency",
)
WAITING_TOO_LONG = Queue(
    "payment-too-long",
    "Pending over 3 days",
    Account,
    lambda now: (
        CUSTOMER & Q(status=AccountStatus.PENDING_PAYMENT, status_changed_at__lt=now - TOO_LONG)
    ),
    since="status_changed_at",
    icon="hourglass_top",
)
CREDITS_FROZEN = Queue(
    "credits-frozen",
    "Frozen credits",
    Account,
    lambda now: Q(credit_balance__frozen=True),
    since="status_changed_at",
    icon="ac_unit",
    says="",
    note="spending is refused",
)
TRIALS_ENDING = Queue(
    "trials-ending",
    "Trials ending within 7 days",
    Account,
    lambda now: (
        CUSTOMER
        & Q(status=AccountStatus.TRIAL, trial_ends_at__gt=now, trial_ends_at__lte=now + SOON)
    ),
    since="trial_ends_at",
    icon="timer",
    says="first ends",
)
TRIALS_OVER = Queue(
    "trials-over",
    "Trials that are over",
    Account,
    lambda now: CUSTOMER & Q(status=AccountStatus.TRIAL, trial_ends_at__lte=now),
    since="trial_ends_at",
    icon="timer_off",
    says="first ended",
)
NO_CREDITS = Queue(
    "no-credits",
    "No credits to spend",
    Account,
    lambda now: (
        CUSTOMER & Q(status__in=WORKING, credit_balance__credits__lte=F("credit_balance__held"))
    ),
    since="status_changed_at",
    icon="money_off",
    says="",
    note="their work stands still",
)
SUSPENDED_LATELY = Queue(
    "suspended-lately",
    "Suspended in the last 7 days",
    Account,
    lambda now: CUSTOMER & Q(status=AccountStatus.SUSPENDED, status_changed_at__gt=now - LATELY),
    since="status_changed_at",
    icon="block",
    says="latest",
    newest=True,
)


def _may_be_decided_by(person: User) -> Q:
    """An approver sees what they can decide; everybody else what waits at all."""
    if not person.has_perm(DECIDE):
        return Q()
    others = ~Q(requested_by=person.pk)
    return others & ~Q(account=person.account_id) if person.account_id else others


APPROVALS_WAITING = Queue(
    "approvals-waiting",
    "Approvals waiting",
    Approval,
    lambda now: Q(status=ApprovalStatus.AWAITING, expires_at__gt=now),
    since="requested_at",
    icon="rule",
    mine=_may_be_decided_by,
)
REFUSED_LATELY = Queue(
    "refused-lately",
    "Refused attempts in the last 7 days",
    AuditEvent,
    lambda now: Q(result=AuditEvent.Result.REFUSED, at__gt=now - LATELY),
    since="at",
    icon="gpp_bad",
    says="latest",
    newest=True,
)

QUEUES = (
    TRANSFERS_WAITING,
    RENEWALS_OVERDUE,
    UNMATCHED_MONEY,
    UNAPPLIED_MONEY,
    WAITING_TOO_LONG,
    CREDITS_FROZEN,
    TRIALS_ENDING,
    TRIALS_OVER,
    NO_CREDITS,
    SUSPENDED_LATELY,
    APPROVALS_WAITING,
    REFUSED_LATELY,
)


def queue_of(model: type[models.Model], code: str | None) -> Queue | None:
    """A queue of a list, by its code in the list's address."""
    return next((queue for queue in QUEUES if queue.model is model and queue.code == code), None)


@dataclass(frozen=True)
class Standing:
    """A queue as it stands: how many, since when, and how much money where it is about money.

    `money` is in US dollars; `elsewhere` counts the rows in other currencies, which are not in it.
    """

    queue: Queue
    count: int
    since: datetime | None
    money: Decimal | None
    elsewhere: int


def standings(
    *, now: datetime, queues: tuple[Queue, ...] = QUEUES, person: User | None = None
) -> dict[str, Standing]:
    """One query for all, by the queue's code; as `person` has them, or as they are."""
    if not queues:
        return {}
    first, *others = (_figures(queue, queue.rows(now=now, person=person)) for queue in queues)
    found = {figures.pop("code"): figures for figures in first.union(*others, all=True)}
    nothing = {"count": 0, "since": None, "money": None, "elsewhere": 0}
    return {queue.code: Standing(queue, **found.get(queue.code, nothing)) for queue in queues}


def _figures(queue: Queue, condition: Q) -> QuerySet:
    """One row; none for a queue that is empty. A day counts from its midnight in UTC."""
    age = Max if queue.newest else Min
    in_dollars = Q(**{queue.currency: Currency.USD}) if queue.currency else Q()
    money = Sum(queue.money, filter=in_dollars) if queue.money is not None else Value(None)
    elsewhere = Count("pk", filter=~in_dollars) if queue.currency else Value(0)
    return (
        queue.model._default_manager.filter(condition)
        .order_by()
        .annotate(code=Value(queue.code))
        .values("code")
        .annotate(
            count=Count("pk"),
            since=Cast(age(queue.since), models.DateTimeField()),
            money=Cast(money, models.DecimalField(max_digits=20, decimal_places=2)),
            elsewhere=Cast(elsewhere, models.IntegerField()),
        )
    )


class QueueFilter(SimpleListFilter):
    """Put into the `list_filter` of every list that has queues."""

    title = "queue"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(queue.code, queue.title) for queue in QUEUES if queue.model is model_admin.model]

    @property
    def chosen(self) -> Queue | None:
        """For the note above the list: templates/console/list/queue.html."""
        mine = {code for code, _ in self.lookup_choices}
        return next(
            (queue for queue in QUEUES if queue.code == self.value() and queue.code in mine), None
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.chosen is None:
            return queryset
        return queryset.filter(self.chosen.rows(now=timezone.now(), person=request.user))
