"""Open bank transfers of several ages: what Finance finds in the morning.

An invoice is due 7 days after it was issued, so that of home-g8 is overdue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.services import bank_transfers
from console.demo.staff import SUPPORT_LOGIN
from tenancy.models import Account, Plan, User
from tenancy.records import SYSTEM


@dataclass(frozen=True)
class DemoTransfer:
    """`by_support` when staff opened it for the customer, who else asked in the product."""

    account: str
    plan: str
    age: timedelta
    reason: str
    by_support: bool = False


# Oldest first, so that the invoices are numbered in the order of their days.
TRANSFERS = (
    DemoTransfer("home-g8", "starter", timedelta(days=12), "Renewal by bank transfer"),
    DemoTransfer(
        "garden-path-studio",
        "growth",
        timedelta(days=6),
        "Wants to go on with the Growth plan now that the trial is over",
    ),
    DemoTransfer(
        "scale-account",
        "scale",
        timedelta(days=3),
        "Asked on the phone for the renewal's bank details",
        by_support=True,
    ),
    DemoTransfer(
        "salman-raza-sadiq",
        "starter",
        timedelta(hours=20),
        "Upgrade from the trial to the Starter plan",
    ),
)


def add_transfers(*, now: datetime) -> None:
    support = User.objects.get(email=SUPPORT_LOGIN)
    for transfer in TRANSFERS:
        bank_transfers.open(
            account=Account.objects.get(slug=transfer.account),
            plan=Plan.objects.get(slug=transfer.plan),
            by=support if transfer.by_support else SYSTEM,
            reason=transfer.reason,
            now=now - transfer.age,
        )
