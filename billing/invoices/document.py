"""What stands on an invoice, gathered once; the page and the PDF only set it."""

from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from django.conf import settings

from billing.models import Invoice, InvoiceStatus, Payment, PaymentStatus
from billing.services import allocations
from billing.services.subscriptions import a_month_later
from tenancy.models import Account

NOTHING = Decimal("0.00")
MARKS = {InvoiceStatus.PAID: "PAID", InvoiceStatus.VOID: "VOID"}


@dataclass(frozen=True)
class Party:
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Receipt:
    """Money that came: the bank's value date, and what it is."""

    on: date
    words: str
    amount: Decimal


@dataclass(frozen=True)
class InvoiceDocument:
    """Amounts in units of `currency`; `outstanding` is nothing unless the invoice is open.

    `mark` is PAID, VOID or empty. `receipts` are empty once the money was taken off again.
    `pay_to` names where to pay what is outstanding, in the order in which it is read.
    """

    number: str
    mark: str
    status: str
    seller: Party
    customer: Party
    issued_on: date
    due_on: date
    item: str
    period: str
    credits: int
    amount: Decimal
    currency: str
    receipts: tuple[Receipt, ...]
    written_off: Decimal
    outstanding: Decimal
    reference: str
    pay_to: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        return f"Invoice {self.number}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What stands beside the customer's address."""
        facts = [
            ("Invoice number", self.number),
            ("Date of issue", f"{self.issued_on}"),
            ("Due", f"{self.due_on}"),
            ("Status", self.status),
        ]
        if self.reference:
            facts.append(("Payment reference", self.reference))
        return tuple(facts)

    @property
    def totals(self) -> tuple[tuple[str, str], ...]:
        """Below the item, the amount first, what is left to pay last."""
        lines = [("Total", self.money(self.amount))]
        lines += [
            (f"Received {receipt.on}, {receipt.words}", self.money(-receipt.amount))
            for receipt in self.receipts
        ]
        if self.written_off:
            lines.append(("Not asked for", self.money(-self.written_off)))
        left = "To pay" if not self.mark else "Left to pay"
        return (*lines, (left, self.money(self.outstanding)))

    @property
    def price(self) -> str:
        return self.money(self.amount)

    def money(self, amount: Decimal) -> str:
        return f"{amount:,.2f} {self.currency}".replace("-", "−")


def of(invoice: Invoice) -> InvoiceDocument:
    """The document of an invoice as it stands now."""
    payment = Payment.objects.filter(invoice=invoice).first()
    is_open = invoice.status == InvoiceStatus.OPEN and payment is not None and payment.is_open
    receipts = _receipts(payment) if payment is not None else ()
    outstanding = payment.outstanding if is_open else NOTHING
    return InvoiceDocument(
        number=invoice.number,
        mark=MARKS.get(InvoiceStatus(invoice.status), ""),
        status=_status(invoice, partly=bool(receipts)),
        seller=seller(),
        customer=_customer(invoice.account),
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        item=f"{invoice.plan.name} plan, one month",
        period=_period(invoice, payment),
        credits=invoice.included_credits,
        amount=invoice.amount,
        currency=invoice.currency,
        receipts=receipts,
        written_off=payment.written_off if receipts else NOTHING,
        outstanding=outstanding,
        reference=payment.reference if payment is not None else "",
        pay_to=_pay_to(payment, outstanding) if is_open else (),
    )


def seller() -> Party:
    facts = settings.SELLER
    tax = [f"Tax number {facts['tax_id']}"] if facts["tax_id"] else []
    return Party(facts["name"], (*facts["address"], *tax, facts["email"]))


def _customer(account: Account) -> Party:
    town = " ".join(
        filter(None, (account.billing_address_postal_code, account.billing_address_city))
    )
    lines = (
        account.billing_address_line1,
        account.billing_address_line2,
        town,
        account.billing_address_state,
        account.billing_address_country,
        account.billing_email,
    )
    return Party(account.name, tuple(line for line in lines if line))


def _status(invoice: Invoice, *, partly: bool) -> str:
    word = invoice.get_status_display()
    if invoice.settled_at:
        return f"{word} on {invoice.settled_at.astimezone(UTC):%Y-%m-%d}"
    return f"{word}, paid in part" if partly else word


def _period(invoice: Invoice, payment: Payment | None) -> str:
    activation = payment.activations.filter(reverses=None).first() if payment is not None else None
    if activation is not None:
        start, end = activation.period_start, activation.period_end
    elif invoice.renews_period_end is not None:
        start = invoice.renews_period_end
        end = a_month_later(start)
    elif invoice.status == InvoiceStatus.OPEN:
        return "One month from the day of payment"
    else:
        return ""
    return f"{start.astimezone(UTC):%Y-%m-%d} to {end.astimezone(UTC):%Y-%m-%d}"


def _receipts(payment: Payment) -> tuple[Receipt, ...]:
    if payment.status in (PaymentStatus.REVERSED, PaymentStatus.REJECTED):
        return ()
    words = payment.get_method_display().lower()
    placed = allocations.standing().filter(payment=payment).select_related("line")
    found = [Receipt(each.line.value_date, words, each.amount) for each in placed]
    by_hand = payment.received_total - sum((each.amount for each in found), NOTHING)
    # Received in part without a statement line, it has no value date yet, and cannot be told.
    if by_hand > 0 and payment.value_date is not None:
        found.append(Receipt(payment.value_date, words, by_hand))
    return tuple(sorted(found, key=lambda receipt: receipt.on))


def _pay_to(payment: Payment, outstanding: Decimal) -> tuple[tuple[str, str], ...]:
    bank = settings.BANK_DETAILS
    iban = bank["iban"].replace(" ", "")
    return (
        ("Account holder", bank["account_name"]),
        ("IBAN", " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))),
        ("BIC", bank["bic"]),
        ("Bank", bank["bank_name"]),
        ("Amount", f"{outstanding:,.2f} {payment.currency}"),
        ("Reference", payment.reference),
    )
