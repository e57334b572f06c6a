"""Dialogs of bank transfers: open, confirm from the received facts, reject."""

from typing import Any

from django import forms
from django.utils import timezone

from billing.models import OPEN_PAYMENT, Payment
from billing.services import bank_transfers, subscriptions
from billing.services.receipts import Receipt
from console.actions.base import Consequence, Done, Verb
from console.actions.figures import credits_text, moment_text, money_text
from console.actions.forms import VerbForm
from tenancy.errors import ServiceError
from tenancy.models import Account, AccountStatus, Currency, Plan, SuspensionReason, User


class OpenTransferForm(VerbForm):
    plan = forms.ModelChoiceField(
        Plan.objects.filter(is_active=True, archived_at=None, price__gt=0),
        empty_label=None,
        help_text="What they will pay for. The account changes to it when the money is confirmed.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].label_from_instance = lambda plan: (
            f"{plan.name}: {money_text(plan.price, plan.currency)} a month, "
            f"{credits_text(plan.included_credits)} credits"
        )


class OpenTransfer(Verb):
    name = "open_transfer"
    label = "Open bank transfer"
    submit = "Open bank transfer"
    permission = "billing.open_bank_transfer"
    icon = "account_balance"
    form_class = OpenTransferForm

    def refusal(self, target: Account) -> str:
        if target.is_system:
            return f"{target.name} is a system account: it is never billed."
        if target.is_deleted:
            return f"{target.name} is deleted. Restore it first."
        if target.status_reason in (SuspensionReason.MANUAL, SuspensionReason.ABUSE):
            return f"{target.name} was suspended by a person. Reactivate it first."
        opened = target.payments.filter(status__in=OPEN_PAYMENT).first()
        return f"{target.name} has an open bank transfer already: {opened}." if opened else ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        lines = [Consequence("Invoice", "", "open, with a reference for the customer's transfer")]
        if target.status == AccountStatus.ACTIVE:
            return [*lines, Consequence("Status", "", "stays active while the money is awaited")]
        return [
            *lines,
            Consequence("Status", target.get_status_display().lower(), "pending payment"),
        ]

    def initial(self, target: Account) -> dict[str, Any]:
        return {"plan": target.plan_id}

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        payment = bank_transfers.open(
            account=target,
            plan=facts["plan"],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        amount = money_text(payment.expected_amount, payment.currency)
        return Done(
            f"{target.name} is to pay {amount} with reference {payment.reference} "
            f"until {payment.invoice.due_on}.",
            target=payment,
        )


class ConfirmTransferForm(VerbForm):
    amount = forms.DecimalField(
        max_digits=10,
        decimal_places=2,
        localize=False,
        label="Received amount",
        help_text="As on the statement, such as 89.00.",
        error_messages={"invalid": "Write the amount with a point, such as 89.00."},
    )
    currency = forms.ChoiceField(
        choices=[*Currency.choices, ("EUR", "Euro"), ("GBP", "Pound")],
        help_text="As on the statement. Another one than expected is refused.",
    )
    value_date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        help_text="When the bank booked it, as year-month-day: 2026-01-31.",
        error_messages={"invalid": "Write the date as year-month-day, such as 2026-01-31."},
    )
    bank_transaction_id = forms.CharField(
        max_length=100, label="Bank transaction id", help_text="From the statement; used only once."
    )
    payer = forms.CharField(max_length=255, help_text="As the bank names them.")


class ConfirmTransfer(Verb):
    name = "confirm"
    label = "Confirm transfer"
    submit = "Confirm transfer"
    permission = "billing.confirm_bank_transfer"
    icon = "check_circle"
    is_main = True
    form_class = ConfirmTransferForm
    related = ("account__plan", "account__credit_balance", "invoice__plan", "confirmed_by")

    def refusal(self, target: Payment) -> str:
        if target.confirmed_at is not None:
            return (
                f"{target.reference} was already confirmed by {target.confirmed_by} at "
                f"{moment_text(target.confirmed_at)}."
            )
        if not target.is_open:
            return f"{target.reference} is {target.get_status_display().lower()}."
        try:
            bank_transfers.refuse_unpayable(target.account)
        except ServiceError as refusal:
            return refusal.message
        return ""

    def consequences(self, target: Payment, by: User) -> list[Consequence]:
        return [
            Consequence(
                "Expected",
                "",
                f"{money_text(target.outstanding, target.currency)} for {target.reference}",
            ),
            *what_confirming_does(target),
        ]

    def initial(self, target: Payment) -> dict[str, Any]:
        return {"currency": target.currency}

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        bank_transfers.confirm(
            payment=target,
            receipt=Receipt(**facts),
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(
            f"{target.reference} is confirmed: {target.account.name} is active on "
            f"{target.invoice.plan.name}.",
            target=target.account,
        )


def what_confirming_does(payment: Payment) -> list[Consequence]:
    """What a payment in full sets in motion."""
    account, invoice = payment.account, payment.invoice
    period = subscriptions.next_period(account=account, plan=invoice.plan, now=timezone.now())
    after = account.credits + invoice.included_credits
    return [
        _becomes("Status", account.get_status_display().lower(), "active"),
        _becomes("Plan", account.plan.name, invoice.plan.name),
        Consequence("Invoice", f"{invoice.number} open", "paid"),
        Consequence("Paid until", "", f"{period.end:%Y-%m-%d}"),
        Consequence("Credits", credits_text(account.credits), credits_text(after)),
    ]


def _becomes(label: str, before: str, after: str) -> Consequence:
    if before == after:
        return Consequence(label, "", f"stays {after}")
    return Consequence(label, before, after)


class RejectTransfer(Verb):
    name = "reject"
    label = "Reject transfer"
    submit = "Reject transfer"
    permission = "billing.reject_bank_transfer"
    icon = "cancel"
    is_dangerous = True
    related = ("account", "invoice")

    def refusal(self, target: Payment) -> str:
        if target.is_open:
            return ""
        return f"{target.reference} is {target.get_status_display().lower()}; it waits no more."

    def consequences(self, target: Payment, by: User) -> list[Consequence]:
        account = target.account
        lines = [Consequence("Invoice", f"{target.invoice.number} open", "void")]
        if target.received_total:
            came = money_text(target.received_total, target.currency)
            lines.append(Consequence("Received", came, "unapplied, on the account"))
        if account.status != AccountStatus.PENDING_PAYMENT:
            status = account.get_status_display().lower()
            return [*lines, Consequence("Status", "", f"stays {status}")]
        to = bank_transfers.standing_after_rejection(account, now=timezone.now())
        return [*lines, Consequence("Status", "pending payment", to.status.label.lower())]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        bank_transfers.reject(
            payment=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{target.reference} is rejected.", target=target.account)
