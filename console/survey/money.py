"""Subscriptions, open bank transfers and the credit ledger."""

from datetime import datetime

from billing.models import CreditTransaction, SubscriptionStatus
from console.survey.figures import Figures
from console.survey.markdown import LOOK, YES, bullets, count, number, price, table, verdict

COLUMNS = ("Account", "Type", "Amount", "Balance After", "Description")
LATEST = 5


def subscriptions(figures: Figures) -> list[str]:
    total = sum(figures.subscriptions.values())
    unsubscribed = figures.accounts["active_without_subscription"]
    return [
        "## Subscriptions",
        "",
        "Status: "
        + verdict(
            total > 0,
            count(total, "SUBSCRIPTION EXISTS", "SUBSCRIPTIONS EXIST"),
            "NO SUBSCRIPTIONS EXIST IN DATABASE",
        ),
        *bullets(
            f"{status}: {number(figures.subscriptions[status])}"
            for status in SubscriptionStatus
            if status in figures.subscriptions
        ),
        "### Implications",
        *bullets(
            [
                f"{count(unsubscribed, 'active account')} operating on credits without "
                "subscription tracking"
            ]
        ),
    ]


def bank_transfers(figures: Figures, *, now: datetime) -> list[str]:
    transfers = figures.transfers
    lines = [f"{YES} No bank transfer is open"]
    if transfers["total"]:
        age = (now - transfers["oldest"]).days
        lines = [
            f"{LOOK} {count(transfers['total'], 'open bank transfer')}, "
            f"{price(transfers['amount'])} still to come",
            f"Oldest: {count(age, 'day')}",
            f"Overdue: {number(transfers['overdue'])}",
        ]
    return ["## Bank Transfers", *bullets(lines)]


def transactions(figures: Figures) -> list[str]:
    latest = (
        CreditTransaction.objects.select_related("account")
        .only("type", "amount", "balance_after", "description", "account__slug")
        .order_by("-created_at", "-id")[:LATEST]
    )
    return [
        "## Credit Transactions",
        "",
        f"Total Transactions: {number(figures.transactions)}",
        "",
        f"Sample (Latest {LATEST}):",
        *table(COLUMNS, [_row(entry) for entry in latest]),
        "### Credit System Status",
        *bullets(
            [
                verdict(
                    bool(figures.operations),
                    "Credit tracking is working",
                    "No operation has been charged",
                ),
                *(
                    f"{operation}: {count(rows, 'transaction')}"
                    for operation, rows in figures.operations.items()
                ),
                proof(figures),
            ]
        ),
    ]


def proof(figures: Figures) -> str:
    """The result of the latest proof, in a line."""
    latest = figures.proof
    if latest is None:
        return verdict(False, "", "The ledger has never been proven; prove_ledger does it")
    return verdict(
        not latest.differences,
        f"Balance tracking is accurate: proven {latest.at:%Y-%m-%d %H:%M} UTC, "
        f"{count(latest.transactions, 'transaction')} of {count(latest.accounts, 'account')}, "
        "0 differences",
        f"The proof of {latest.at:%Y-%m-%d %H:%M} UTC found "
        f"{count(len(latest.differences), 'difference')}",
    )


def _row(entry: CreditTransaction) -> tuple[object, ...]:
    return (
        entry.account.slug,
        entry.type,
        number(entry.amount),
        number(entry.balance_after),
        entry.description,
    )
