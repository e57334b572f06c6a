"""The numbers of the survey, each group of them in one aggregate query."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum

from billing.models import OPEN_PAYMENT, CreditTransaction, LedgerProof, Payment, Subscription
from tenancy.models import Account, AccountStatus, Sector, Site, User
from tenancy.roles import Role

type Numbers = dict[str, object]

CONSOLE_STAFF = Q(is_staff=True, account=None)
# Their rows stay for the audit alone.
_WITHDRAWN = Q(is_staff=False, account=None, is_active=False)
PEOPLE = ~CONSOLE_STAFF & ~_WITHDRAWN
_BILLING_USED = ~(
    Q(billing_email="")
    & Q(billing_address_line1="")
    & Q(billing_address_line2="")
    & Q(billing_address_city="")
    & Q(billing_address_state="")
    & Q(billing_address_postal_code="")
    & Q(billing_address_country="")
)


@dataclass(frozen=True)
class Figures:
    """`operations` and `subscriptions` are rows by operation and by status.

    Each system account has `opening`, the credits it opened with, and `site_count`.
    """

    accounts: Numbers
    system_accounts: list[Account]
    users: Numbers
    sites: Numbers
    sectors: Numbers
    subscriptions: dict[str, int]
    transfers: Numbers
    transactions: int
    operations: dict[str, int]
    proof: LedgerProof | None


def gather(*, now: datetime) -> Figures:
    by_operation = dict(
        CreditTransaction.objects.order_by().values_list("operation").annotate(rows=Count("id"))
    )
    return Figures(
        accounts=_accounts(now),
        system_accounts=_system_accounts(),
        users=_users(),
        sites=_sites(),
        sectors=Sector.objects.aggregate(
            total=Count("id"), astray=Count("id", filter=~Q(account=F("site__account")))
        ),
        subscriptions=dict(
            Subscription.objects.order_by().values_list("status").annotate(rows=Count("id"))
        ),
        transfers=_transfers(now),
        transactions=sum(by_operation.values()),
        operations={name: rows for name, rows in sorted(by_operation.items()) if name},
        proof=LedgerProof.objects.first(),
    )


def _accounts(now: datetime) -> Numbers:
    """Deleted accounts are counted apart and nowhere else."""
    present = Q(is_deleted=False)
    conditions = {
        "total": Q(),
        "without_plan": Q(plan=None),
        "without_owner": Q(owner=None),
        "without_payment_method": Q(payment_method=""),
        "billing_used": _BILLING_USED,
        "zero_credits": Q(credit_balance__credits=0),
        "frozen": Q(credit_balance__frozen=True),
        "active_without_subscription": Q(status=AccountStatus.ACTIVE, subscription=None),
        "trials_over": Q(
            status=AccountStatus.TRIAL, trial_ends_at__lte=now, exempt_from_suspension=False
        ),
        **{status.value: Q(status=status) for status in AccountStatus},
    }
    return Account.objects.aggregate(
        deleted=Count("id", filter=~present),
        **{name: Count("id", filter=present & condition) for name, condition in conditions.items()},
    )


def _system_accounts() -> list[Account]:
    first_row = CreditTransaction.objects.filter(account=OuterRef("pk"), sequence=1)
    return list(
        Account.objects.filter(is_system=True)
        .select_related("credit_balance", "plan")
        .annotate(
            site_count=Count("sites"),
            opening=Subquery(first_row.values("amount"), output_field=IntegerField()),
        )
        .order_by("id")
    )


def _users() -> Numbers:
    return User.objects.aggregate(
        total=Count("id", filter=PEOPLE),
        without_account=Count("id", filter=PEOPLE & Q(account=None)),
        console_staff=Count("id", filter=CONSOLE_STAFF & Q(is_active=True)),
        superusers=Count("id", filter=Q(is_superuser=True, is_active=True)),
        ordinary_developers=Count("id", filter=Q(role=Role.DEVELOPER, is_superuser=False)),
        **{role.value: Count("id", filter=Q(role=role)) for role in Role},
    )


def _sites() -> Numbers:
    return Site.objects.annotate(sector_count=Count("sectors")).aggregate(
        total=Count("id"),
        without_industry=Count("id", filter=Q(industry=None)),
        without_sectors=Count("id", filter=Q(sector_count=0)),
        fewest_sectors=Min("sector_count"),
        most_sectors=Max("sector_count"),
    )


def _transfers(now: datetime) -> Numbers:
    return Payment.objects.filter(status__in=OPEN_PAYMENT).aggregate(
        total=Count("id"),
        amount=Sum(F("expected_amount") - F("received_total")),
        oldest=Min("opened_at"),
        overdue=Count("id", filter=Q(invoice__due_on__lt=now.date())),
    )
