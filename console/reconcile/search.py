"""Whom a line may be for: accounts and bank transfers by anything that a payer may have written."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from billing.models import OPEN_PAYMENT, Payment
from billing.services import references
from console import quoted, words
from tenancy.models import Account, User

MOST = 10
SHORTEST = 2  # characters


@dataclass(frozen=True)
class Hit:
    """An account, with the bank transfer that was found or that it has open.

    `slip` is what was wrong with the reference that was searched for.
    """

    account: Account
    payment: Payment | None
    slip: str = ""


def find(term: str) -> list[Hit]:
    """By reference (also one slip off), invoice number, and account name, slug or e-mail.

    At most ten, what was named exactly first. A fixed number of queries.
    """
    term = quoted.clean(term)
    if len(term) < SHORTEST:
        return []
    hits = _payments(term)
    named = {hit.account.pk for hit in hits}
    accounts = [account for account in _accounts(term) if account.pk not in named]
    waiting = _read_along().filter(account__in=accounts, status__in=OPEN_PAYMENT)
    open_of = {payment.account_id: payment for payment in waiting}
    hits += [Hit(account, open_of.get(account.pk)) for account in accounts]
    return hits[:MOST]


def _payments(term: str) -> list[Hit]:
    read = references.read(term)
    slips = {guess.reference: guess.slip for guess in read.guesses}
    by_invoice = Payment.objects.filter(invoice__number=term).values_list("pk", flat=True)
    # Ids first: a condition across both tables would read all payments.
    condition = Q(pk__in=list(by_invoice)) | Q(reference__in=[*read.references, *slips])
    beginning = quoted.reference(term)
    if beginning:
        condition |= Q(reference__startswith=beginning)
    found = _read_along().filter(condition).order_by("-pk")[:MOST]
    return [Hit(payment.account, payment, slips.get(payment.reference, "")) for payment in found]


def _accounts(term: str) -> list[Account]:
    people = User.objects.filter(pk__in=words.ids(User, term), account__isnull=False)
    ids = {*words.ids(Account, term), *people.values_list("account", flat=True)}
    found = Account.objects.select_related("owner", "plan").filter(pk__in=ids)
    return list(found.order_by("is_deleted", "name", "pk")[:MOST])


def _read_along() -> QuerySet[Payment]:
    return Payment.objects.select_related("account__owner", "account__plan", "invoice")
