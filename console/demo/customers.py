"""The eight accounts, each with its owner. The survey shows five accounts and five users.

The two paying customers were on a trial of 14 days first, months before the ledger: what they then
had left stands in it as their opening row.

The survey's other owners have no ids there. An owner's id is the account's id and 28 more, as with
the survey's 29 and 57, 30 and 58.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console.demo.rows import REASON, continue_ids, insert
from tenancy.models import Account, AccountStatus, Plan, User
from tenancy.records import SYSTEM, save_with_history
from tenancy.roles import Role
from tenancy.services import lifecycle

ACTIVE, TRIAL = AccountStatus.ACTIVE, AccountStatus.TRIAL


@dataclass(frozen=True)
class Customer:
    """`since` is how long the account has its status; `trial_left` is negative when over.

    `first_credits` are its opening or trial row in the ledger, `since` ago but not before the
    ledger began; 0 means no row. `before` is how long it was on a trial before that.
    """

    id: int
    slug: str
    name: str
    plan: str
    status: AccountStatus
    owner_id: int
    owner: str
    first_credits: int
    since: timedelta
    trial_left: timedelta | None = None
    role: Role = Role.OWNER
    is_system: bool = False
    before: timedelta = timedelta(0)


def days(number: float) -> timedelta:
    return timedelta(days=number)


LEDGER_BEGAN = days(56)
CUSTOMERS = (
    Customer(
        5, "aws-admin", "AWS Admin", "enterprise", ACTIVE, 3, "dev@igny8.com", 10_000,
        LEDGER_BEGAN, role=Role.DEVELOPER, is_system=True,
    ),
    Customer(
        14, "scale-account", "Scale Account", "scale", ACTIVE, 43, "scale@igny8.com", 8_000,
        days(170), before=days(14),
    ),
    Customer(
        25, "salman-raza-sadiq", "Salman Raza Sadiq", "free-trial", TRIAL, 53,
        "tacbit.com@gmail.com", 2_000, days(10), days(4),
    ),
    Customer(
        26, "garden-path-studio", "Garden Path Studio", "free-trial", TRIAL, 54,
        "owner@gardenpath.example", 2_000, days(30), days(-16),
    ),
    Customer(
        27, "brightwater-clinic", "Brightwater Clinic", "free-trial", TRIAL, 55,
        "office@brightwater.example", 2_000, days(15), days(-1),
    ),
    # Credits were never given to it: the survey's "accounts created with 0 credits".
    Customer(
        28, "auto-remote", "Auto Remote", "enterprise", TRIAL, 56, "auto+remote0003@example.com",
        0, days(21),
    ),
    Customer(
        29, "home-g8", "Home G8", "starter", ACTIVE, 57, "admin@homeg8.com", 8_000, days(125),
        before=days(14),
    ),
    Customer(
        30, "tacbit", "TacBit", "free", TRIAL, 58, "payments@tacbit.net", 100, days(12), days(2),
    ),
)  # fmt: skip

# When the daily job came by garden-path-studio, whose trial had ended the day before.
TRIALS_EXPIRED = days(-15)


def add_customers(*, now: datetime) -> None:
    plans = {plan.slug: plan for plan in Plan.objects.all()}
    for customer in CUSTOMERS:
        _add(customer, plan=plans[customer.plan], now=now)
    continue_ids(Account, User)
    came_by = now + TRIALS_EXPIRED
    for account in lifecycle.trials_over(now=came_by):
        lifecycle.expire_trial(account=account, now=came_by)


def _add(customer: Customer, *, plan: Plan, now: datetime) -> None:
    account = Account(
        id=customer.id,
        slug=customer.slug,
        name=customer.name,
        plan=plan,
        is_system=customer.is_system,
        status=customer.status,
        status_changed_at=now - customer.since,
        trial_ends_at=now + customer.trial_left if customer.trial_left else None,
    )
    insert(
        account,
        verb="account_created",
        account=account,
        fields=("name", "slug", "plan", "status", "trial_ends_at"),
    )
    owner = User(
        id=customer.owner_id,
        email=customer.owner,
        account=account,
        role=customer.role,
        is_superuser=customer.role == Role.DEVELOPER,
        last_login=now - customer.since / 10,
    )
    owner.set_unusable_password()
    insert(owner, verb="owner_added", account=account, fields=("email", "role", "is_superuser"))
    account.owner = owner
    save_with_history(account, by=SYSTEM, reason=REASON, fields=("owner",))
    # The column takes the time of writing by itself.
    Account.objects.filter(pk=account.pk).update(created_at=now - customer.since - customer.before)
