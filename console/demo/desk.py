"""What lies on the desks: notes on customers, a request that waits, attempts that were refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import OPEN_PAYMENT, Payment
from billing.services import approvals
from console.demo.customers import days
from console.demo.staff import FINANCE_LOGIN, SUPPORT_LOGIN
from tenancy.models import Account, AuditEvent, User
from tenancy.records import record
from tenancy.services import notes


@dataclass(frozen=True)
class DemoNote:
    account: str
    by: str
    age: timedelta
    text: str
    pinned: bool = False


NOTES = (
    DemoNote(
        "home-g8",
        FINANCE_LOGIN,
        days(34),
        "Their bookkeeper is in the office on Mondays only. Call before suspending for a late "
        "transfer; they have always paid.",
        pinned=True,
    ),
    DemoNote(
        "scale-account", SUPPORT_LOGIN, days(78), "Moved from Growth to Scale for five sites."
    ),
    DemoNote(
        "scale-account",
        SUPPORT_LOGIN,
        days(3),
        "Asked on the phone for the bank details again. Their bank cuts references: look at the "
        "amount and the payer.",
        pinned=True,
    ),
)
# Above what support may grant alone.
ASKED_FOR, ASKED_AGO = 500, timedelta(hours=5)


def add_desk(*, now: datetime) -> None:
    staff = {user.email: user for user in User.objects.filter(is_staff=True, account=None)}
    accounts = {account.slug: account for account in Account.objects.all()}
    payment = Payment.objects.get(account=accounts["home-g8"], status__in=OPEN_PAYMENT)
    # Not dated back: the trail is in the order in which things were written down.
    record(
        "confirm",
        by=staff[SUPPORT_LOGIN],
        reason="No permission.",
        target=payment,
        account=payment.account,
        after={"refused_because": "No permission."},
        result=AuditEvent.Result.REFUSED,
    )
    for note in NOTES:
        notes.write(
            account=accounts[note.account],
            text=note.text,
            pinned=note.pinned,
            by=staff[note.by],
            now=now - note.age,
        )
    approvals.request(
        account=accounts["tacbit"],
        verb="grant_credits",
        facts={"amount": ASKED_FOR},
        by=staff[SUPPORT_LOGIN],
        reason="Image generation failed for two days; they were promised credits for it",
        now=now - ASKED_AGO,
    )
