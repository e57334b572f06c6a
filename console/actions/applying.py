"""What applying money to a bank transfer does, before and after, in words."""

from decimal import Decimal

from billing.models import Payment
from billing.services import unapplied
from billing.services.bookings import Applied
from console.actions.base import Consequence
from console.actions.figures import money_text
from console.actions.transfers import what_confirming_does
from tenancy.models import Account


def what_applying_does(payment: Payment, amount: Decimal) -> list[Consequence]:
    """`amount` of a line's money, in the payment's currency."""
    missing = payment.outstanding - amount
    received = Consequence(
        payment.reference,
        f"{money_text(payment.outstanding, payment.currency)} outstanding",
        f"{money_text(amount, payment.currency)} received",
    )
    if missing > 0:
        rest = money_text(missing, payment.currency)
        return [
            received,
            Consequence("Bank transfer", "", f"partly paid, {rest} still to come"),
            Consequence("Status and credits", "", "stay as they are until the rest is there"),
        ]
    excess = [more_unapplied(payment.account, -missing, payment.currency)] if missing < 0 else []
    return [received, *what_confirming_does(payment), *excess]


def told(applied: Applied) -> str:
    """What became of applied money, in a sentence."""
    payment = applied.payment
    account = payment.account
    if not applied.is_confirmed:
        rest = money_text(payment.outstanding, payment.currency)
        return f"{payment.reference} of {account.name} is partly paid, {rest} still to come."
    done = f"{payment.reference} is confirmed: {account.name} is active on {account.plan.name}."
    if not applied.unapplied:
        return done
    return f"{done} {waits(applied.unapplied, account, payment.currency)}"


def waits(amount: Decimal, account: Account, currency: str) -> str:
    return f"{money_text(amount, currency)} wait on {account.name}, unapplied."


def more_unapplied(account: Account, amount: Decimal, currency: str) -> Consequence:
    had = unapplied.total(account, currency=currency)
    return Consequence(
        "Unapplied money", money_text(had, currency), money_text(had + amount, currency)
    )
