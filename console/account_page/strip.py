"""The strip above the tabs: what everybody asks first about an account, told at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import OPEN_PAYMENT, CreditBalance, Payment
from billing.services import unapplied
from console.account_page import credit_use, pending, sparkline
from console.account_page.credit_use import CreditUse
from console.account_page.pending import Pending
from console.account_page.sparkline import Sparkline
from console.account_page.verbs import VerbLink, offered
from console.history import web_address
from tenancy import access
from tenancy.access import Access
from tenancy.models import Account, AccountStatus, AuditEvent, Note, User

# Dates told in the strip before they pass: a trial's last days.
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Use:
    """How much of a plan's limit is taken: “sites 2 of 3”."""

    label: str
    used: int
    limit: int

    @property
    def is_over(self) -> bool:
        return self.used > self.limit


@dataclass(frozen=True)
class Trial:
    ends_at: datetime
    is_over: bool
    is_soon: bool


@dataclass(frozen=True)
class OpenTransfer:
    payment: Payment
    is_overdue: bool
    verbs: list[VerbLink]


@dataclass(frozen=True)
class Strip:
    """`decided` is the latest audit event that set the status: it tells who and why."""

    decided: AuditEvent | None
    uses: list[Use]
    balance: CreditBalance | None
    credit_use: CreditUse | None
    sparkline: Sparkline | None
    transfer: OpenTransfer | None
    unapplied: dict[str, Decimal]
    trial: Trial | None
    access: Access
    approvals: list[Pending]
    pinned: Note | None
    can_be_restored: bool

    @property
    def ticket(self) -> str:
        return web_address(self.decided.ticket_url) if self.decided else ""


def build(account: Account, *, person: User, now: datetime) -> Strip:
    balance = getattr(account, "credit_balance", None)
    use = credit_use.read(balance, now=now) if balance else None
    return Strip(
        decided=_decided(account),
        uses=_uses(account),
        balance=balance,
        credit_use=use,
        sparkline=sparkline.draw(use.days) if use else None,
        transfer=_transfer(account, person=person, now=now),
        unapplied=unapplied.totals(account),
        trial=_trial(account, now=now),
        access=access.evaluate(account, now=now),
        approvals=pending.of_account(account, person=person, now=now),
        pinned=account.notes.filter(is_pinned=True).select_related("written_by").first(),
        can_be_restored=account.is_deleted and now < account.restore_until,
    )


def _decided(account: Account) -> AuditEvent | None:
    return (
        account.audit_events.filter(
            target_type="account", result=AuditEvent.Result.DONE, after__has_key="status"
        )
        .order_by("-id")
        .first()
    )


def _uses(account: Account) -> list[Use]:
    plan = account.plan
    return [
        Use("sites", account.sites.count(), plan.max_sites),
        Use("users", account.users.filter(is_active=True).count(), plan.max_users),
    ]


def _transfer(account: Account, *, person: User, now: datetime) -> OpenTransfer | None:
    payment = (
        account.payments.filter(status__in=OPEN_PAYMENT)
        .select_related("invoice__plan", "opened_by")
        .first()
    )
    if payment is None:
        return None
    payment.account = account
    return OpenTransfer(
        payment=payment,
        is_overdue=payment.invoice.due_on < now.date(),
        verbs=offered(payment, person=person),
    )


def _trial(account: Account, *, now: datetime) -> Trial | None:
    """Only where it still matters: an account that has paid is in no trial any more."""
    ends_at = account.trial_ends_at
    if ends_at is None or account.status in (AccountStatus.ACTIVE, AccountStatus.CANCELLED):
        return None
    return Trial(ends_at=ends_at, is_over=ends_at <= now, is_soon=now < ends_at <= now + SOON)
