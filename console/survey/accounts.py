"""The accounts: the newest of them, and what holds for all."""

from console.survey.figures import Figures
from console.survey.markdown import YES, bullets, cell, count, number, table, verdict
from tenancy.models import Account, AccountStatus

COLUMNS = ("ID", "Slug", "Name", "Owner", "Plan", "Credits", "Status")


def section(figures: Figures, *, sample: int | None) -> list[str]:
    """`sample` is the number of accounts listed, newest first; None lists all."""
    accounts = list(
        Account.objects.filter(is_deleted=False)
        .select_related("owner", "plan", "credit_balance")
        .only("slug", "name", "status", "owner__email", "plan__slug", "credit_balance__credits")
        .order_by("-id")[:sample]
    )
    deleted = figures.accounts["deleted"]
    return [
        "## Existing Accounts" + (" (Sample)" if sample else ""),
        *table(COLUMNS, [_row(account) for account in accounts]),
        f"Total Accounts: {number(figures.accounts['total'])}",
        *([f"Deleted, restorable for a time: {number(deleted)}"] if deleted else []),
        "### Accounts by Status",
        *bullets(f"{status}: {number(figures.accounts[status])}" for status in AccountStatus),
        "### Account Observations",
        *bullets(_observations(figures)),
    ]


def _row(account: Account) -> tuple[object, ...]:
    return (
        account.pk,
        account.slug,
        account.name,
        account.owner,
        account.plan.slug,
        number(account.credits),
        account.status,
    )


def _observations(figures: Figures) -> list[str]:
    numbers = figures.accounts
    total = numbers["total"]
    return [
        verdict(
            not numbers["without_plan"],
            "Account → Plan relationship working",
            f"{count(numbers['without_plan'], 'account')} without a plan",
        ),
        verdict(
            not numbers["without_owner"],
            "Account → Owner (User) relationship working",
            f"{count(numbers['without_owner'], 'account')} without an owner",
        ),
        verdict(
            bool(figures.operations),
            f"Credits are being tracked and used{_example(figures)}",
            "No credits have been used",
        ),
        f"{YES} Status field supports: {', '.join(AccountStatus.values)}",
        verdict(
            not numbers["without_payment_method"],
            "payment_method is set on every account",
            f"payment_method is not set on {number(numbers['without_payment_method'])} of "
            f"{count(total, 'account')}",
        ),
        verdict(
            numbers["billing_used"] > 0,
            f"billing_* fields are used by {number(numbers['billing_used'])} of "
            f"{count(total, 'account')}",
            "billing_* fields exist but are not used",
        ),
    ]


def _example(figures: Figures) -> str:
    return "".join(
        f" ({cell(account.slug)} has {number(account.credits)} remaining)"
        for account in figures.system_accounts
    )
