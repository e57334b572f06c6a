"""A bank transfer that waits, and a line of a statement that may pay it."""

from decimal import Decimal

from billing.models import PayerLink, Payment, StatementLine
from billing.services.matching import Suggestion, suggest
from billing.services.references import normalise
from tests.conftest import World
from tests.factories import NOW, make_line, open_transfer
from tests.planting import plant

PRICE = Decimal("89.00")
REFERENCE = "IG-7K3F-QX9M-46"
OTHER = "IG-KG6N-B8EA-83"


def waiting(world: World, reference: str = REFERENCE, **how: object) -> Payment:
    """Home G8 is to pay 89.00 USD since 11 Nov."""
    return named(open_transfer(world.home, **how), reference)


def named(payment: Payment, reference: str) -> Payment:
    """With a reference of our choice, which a guard keeps as it was drawn."""
    plant("UPDATE igny8_payments SET reference = %s WHERE id = %s", reference, payment.pk)
    payment.refresh_from_db()
    return payment


def line_with(text: str, amount: Decimal = PRICE, **facts: object) -> StatementLine:
    return make_line(
        amount, reference_raw=text, reference_normalised=normalise(text)[:255], **facts
    )


def of(line: StatementLine) -> list[Suggestion]:
    return suggest([line])[line.pk]


def only(line: StatementLine) -> Suggestion:
    (suggestion,) = of(line)
    return suggestion


def remember(world: World, account: object, key: str = "home g8 ltd") -> None:
    PayerLink.objects.create(payer_key=key, account=account, created_at=NOW, created_by=world.fiona)
