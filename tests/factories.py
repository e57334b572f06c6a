"""Plain builders. Each makes one ordinary object; keyword arguments override its facts.

Plans and people come without a history row: there are many, and `bulk_create` is quicker.
"""

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from billing.models import (
    Activation,
    Allocation,
    Approval,
    BankStatement,
    CreditHold,
    CreditTransaction,
    GrantLimit,
    Payment,
    PaymentStatus,
    Place,
    StatementLine,
    Subscription,
    TransactionType,
)
from billing.services import approvals, bank_transfers, holds, reconciliation
from billing.services.approval_commands import seal
from billing.services.receipts import Receipt
from console.imports.outcome import Summary
from console.models import ImportFile, ImportKind, ImportRun, RunState
from tenancy.models import (
    Account,
    AccountStatus,
    Industry,
    IndustrySector,
    Note,
    PaymentMethod,
    Plan,
    Sector,
    Site,
    SuspensionReason,
    User,
)
from tenancy.roles import Role
from tenancy.services import lifecycle, notes

NOW = datetime(2025, 11, 12, 9, 30, tzinfo=UTC)
DAY = timedelta(hours=24)
REASON = "Ticket 4711: the customer asked for it"
TICKET = "https://desk.example.com/4711"

_number = itertools.count(1)

# The first limits of the groups that may grant: credits at a time and in a day.
GRANT_LIMITS = {"Support": (200, 500), "Finance": (2_000, 10_000)}

# What an ordinary account in each status looks like.
FACTS_OF_STATUS: dict[str, dict[str, object]] = {
    AccountStatus.TRIAL: {"trial_ends_at": NOW + 10 * DAY},
    AccountStatus.PENDING_PAYMENT: {"trial_ends_at": NOW + 10 * DAY},
    AccountStatus.ACTIVE: {},
    AccountStatus.SUSPENDED: {
        "status_reason": SuspensionReason.MANUAL,
        "status_before": AccountStatus.ACTIVE,
    },
    AccountStatus.CANCELLED: {"status_before": AccountStatus.ACTIVE},
}


def make_plan(**overrides: object) -> Plan:
    number = next(_number)
    facts = {
        "name": f"Starter {number}",
        "slug": f"starter-{number}",
        "price": Decimal("89.00"),
        "included_credits": 1000,
        "max_sites": 1,
        "max_users": 2,
    }
    return Plan.objects.bulk_create([Plan(**facts | overrides)])[0]


def make_account(
    *,
    status: str = AccountStatus.TRIAL,
    credits: int = 0,
    deleted: bool = False,
    **overrides: object,
) -> Account:
    """An account in any status, without going through the verbs; `credits` as an opening row."""
    number = next(_number)
    facts = {"name": f"Account {number}", "slug": f"account-{number}", "status": status}
    facts |= {"status_changed_at": NOW - 3 * DAY} | FACTS_OF_STATUS[status]
    if deleted:
        facts |= {
            "is_deleted": True,
            "deleted_at": NOW - DAY,
            "restore_until": NOW + 13 * DAY,
        }
    if "plan" not in overrides:
        facts["plan"] = make_plan()
    account = Account.objects.create(**facts | overrides)
    if credits:
        make_ledger_row(account, amount=credits)
    return account


def put(account: Account, **facts: object) -> Account:
    """Set columns straight in the database; its guards still hold."""
    Account.objects.filter(pk=account.pk).update(**facts)
    account.refresh_from_db()
    return account


def make_user(
    account: Account | None = None, *, password: str | None = None, **overrides: object
) -> User:
    """Without a password they are invited and have not joined."""
    facts = {
        "email": f"person-{next(_number)}@example.com",
        "account": account,
        "role": Role.OWNER if account else "",
    }
    user = User(**facts | overrides)
    user.set_password(password)
    return User.objects.bulk_create([user])[0]


def make_staff(group: str | None = "Finance", **overrides: object) -> User:
    """A member of console staff; the group brings its limits for granting along."""
    staff = make_user(
        **{"email": f"staff-{next(_number)}@igny8.example", "is_staff": True} | overrides
    )
    if group:
        membership = User.groups.through(user=staff, group=make_group(group))
        User.groups.through.objects.bulk_create([membership])
    return staff


def make_group(name: str) -> Group:
    group, _ = Group.objects.get_or_create(name=name)
    if name in GRANT_LIMITS:
        per_grant, per_day = GRANT_LIMITS[name]
        GrantLimit.objects.get_or_create(
            group=group, defaults={"per_grant": per_grant, "per_day": per_day}
        )
    return group


def make_site(account: Account, **overrides: object) -> Site:
    number = next(_number)
    facts = {"name": f"Site {number}", "slug": f"site-{number}", "domain": f"site{number}.example"}
    return Site.objects.create(account=account, **facts | overrides)


def make_industry(**overrides: object) -> Industry:
    number = next(_number)
    facts = {"name": f"Industry {number}", "slug": f"industry-{number}"}
    return Industry.objects.create(**facts | overrides)


def make_sector(site: Site, **overrides: object) -> Sector:
    number = next(_number)
    facts = {
        "account": site.account,
        "industry_sector": IndustrySector.objects.create(
            industry=make_industry(), name="Gardens", slug="gardens"
        ),
        "name": f"Sector {number}",
        "slug": f"sector-{number}",
    }
    return Sector.objects.create(site=site, **facts | overrides)


def make_ledger_row(
    account: Account, *, amount: int, type: str = TransactionType.OPENING, **overrides: object
) -> CreditTransaction:
    return CreditTransaction.objects.create(
        account=account, type=type, amount=amount, **{"description": "For a test"} | overrides
    )


def expire_trials(now: datetime) -> list[Account]:
    """What the day does with trials; those that it suspended."""
    return [
        one
        for one in lifecycle.trials_over(now=now)
        if lifecycle.expire_trial(account=one, now=now)
    ]


def expire_holds(now: datetime) -> list[uuid.UUID]:
    """What the day does with holds; those that expired."""
    return [one for due in holds.over(now=now) for one in holds.expire(account=due, now=now)]


def expire_approvals(now: datetime) -> list[Approval]:
    """What the day does with requests that nobody decided; those that expired."""
    return [one for one in approvals.over(now=now) if approvals.expire(approval=one, now=now)]


def make_hold(account: Account, **overrides: object) -> CreditHold:
    number = next(_number)
    facts = {
        "operation": "content_generation",
        "unit": "hundred_words",
        "unit_credits": 1,
        "units": 1000,
        "amount": 10,
        "idempotency_key": f"hold-{number}",
        "created_at": NOW,
        "expires_at": NOW + DAY,
    }
    return CreditHold.objects.create(account=account, **facts | overrides)


def make_subscription(
    account: Account, *, start: datetime = NOW - 10 * DAY, end: datetime = NOW + 20 * DAY
) -> Subscription:
    return Subscription.objects.create(
        account=account,
        payment_method=PaymentMethod.BANK_TRANSFER,
        current_period_start=start,
        current_period_end=end,
    )


def open_transfer(
    account: Account | None = None,
    *,
    plan: Plan | None = None,
    status: str = PaymentStatus.AWAITING,
    now: datetime = NOW - DAY,
) -> Payment:
    """A payment asked for by the customer, brought into any status."""
    account = account or make_account()
    payment = bank_transfers.open(
        account=account, plan=plan or account.plan, by=None, reason="Asked for in the app", now=now
    )
    if status == PaymentStatus.PARTIALLY_PAID:
        Payment.objects.filter(pk=payment.pk).update(status=status, received_total=Decimal("10.00"))
    elif status == PaymentStatus.REJECTED:
        bank_transfers.reject(payment=payment, by=make_staff(), reason="No money came", now=now)
    elif status in (PaymentStatus.CONFIRMED, PaymentStatus.REVERSED):
        confirm(payment, by=make_staff(), now=now)
        Payment.objects.filter(pk=payment.pk).update(status=status)
    payment.refresh_from_db()
    return payment


def make_receipt(payment: Payment, **overrides: object) -> Receipt:
    facts = {
        "amount": payment.outstanding,
        "currency": "USD",
        "value_date": date(2025, 11, 11),
        "bank_transaction_id": f"BANK-{next(_number)}",
        "payer": "Home G8 Ltd",
    }
    return Receipt(**facts | overrides)


def confirm(payment: Payment, *, by: User, now: datetime = NOW, **receipt: object) -> Payment:
    return bank_transfers.confirm(
        payment=payment, receipt=make_receipt(payment, **receipt), by=by, reason=REASON, now=now
    )


def make_line(amount: Decimal, *, by: User | None = None, **overrides: object) -> StatementLine:
    """A line of a statement of its own, as its import writes it."""
    number = next(_number)
    statement = BankStatement.objects.create(
        bank="West Bank",
        file_name=f"{number}.csv",
        file_sha256=f"{number:064}",
        line_count=1,
        sum_in=max(amount, Decimal(0)),
        sum_out=max(-amount, Decimal(0)),
        imported_at=NOW,
        imported_by=by or make_staff("Finance"),
    )
    facts = {
        "line_number": 2,
        "bank_transaction_id": f"LINE-{number}",
        "booked_on": date(2025, 11, 11),
        "value_date": date(2025, 11, 11),
        "payer_name": "Home G8 Ltd",
        "fingerprint": f"{number:064}",
    }
    line = StatementLine.objects.create(statement=statement, amount=amount, **facts | overrides)
    line.refresh_from_db()
    return line


def make_allocation(line: StatementLine, payment: Payment, **overrides: object) -> Allocation:
    facts = {
        "place": Place.PAYMENT,
        "payment": payment,
        "account": payment.account,
        "amount": line.remaining,
        "reason": REASON,
        "created_at": NOW,
        "created_by": line.statement.imported_by,
    }
    return Allocation.objects.create(line=line, **facts | overrides)


def make_activation(payment: Payment, *, by: User, **overrides: object) -> Activation:
    """What was set in motion by a payment, without setting it in motion."""
    facts = {
        "account": payment.account,
        "plan_before": payment.account.plan,
        "plan": payment.invoice.plan,
        "status_before": AccountStatus.TRIAL,
        "period_start": NOW,
        "period_end": NOW + 30 * DAY,
        "credits": payment.invoice.included_credits,
        "reason": REASON,
        "at": NOW,
    }
    return Activation.objects.create(payment=payment, by=by, **facts | overrides)


def put_unapplied(account: Account, amount: str, *, by: User | None = None) -> Allocation:
    """Unapplied money on an account, from a statement line of its own."""
    return reconciliation.put_on_account(
        line=make_line(Decimal(amount)),
        account=account,
        by=by or make_staff("Finance"),
        reason="Paid ahead",
        now=NOW,
    )


def make_note(account: Account, text: str = "Pays late, but pays.", **overrides: object) -> Note:
    if "by" not in overrides:
        overrides["by"] = make_staff("Support")
    return notes.write(account=account, text=text, **{"now": NOW} | overrides)


def make_import(by: User, **overrides: object) -> ImportRun:
    """An import file of accounts with its preview, and its run that a worker broke off."""
    facts = {"kind": ImportKind.ACCOUNTS, "name": "accounts.csv", "size": 1, "sha256": "0" * 64}
    file = ImportFile.objects.create(
        **facts | overrides,
        content=b"x",
        preview=Summary("UTF-8", "commas", new=1).to_json(),
        fingerprint="0" * 64,
        uploaded_by=by,
        uploaded_at=NOW,
        previewed_by=by,
        previewed_at=NOW,
    )
    return ImportRun.objects.create(
        import_file=file,
        state=RunState.FAILED,
        failure=overrides.get("name", "Something changed."),
        confirmed_by=by,
        reason=overrides.get("name", REASON),
        queued_at=NOW,
        finished_at=NOW + DAY,
        rows_total=1,
    )


def make_approval(account: Account, **overrides: object) -> Approval:
    """A request that waits, as if asked for by a member of Support, above their limit."""
    facts = {
        "verb": "grant_credits",
        "facts": {"amount": 5000},
        "reason": REASON,
        "requested_at": NOW,
        "expires_at": NOW + 7 * DAY,
    }
    facts |= overrides
    if "requested_by" not in facts:
        facts["requested_by"] = make_staff("Support")
    if "facts_sha256" not in facts:
        facts["facts_sha256"] = seal(account=account, verb=facts["verb"], facts=facts["facts"])
    return Approval.objects.create(account=account, **facts)
