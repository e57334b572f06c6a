"""What a statement line is to be used for, as the address of its dialog says.

`?payment=12`, `?account=7`, or for a split `?part=p12&part=a7`; `?back=` leads back to the screen.
"""

from dataclasses import dataclass

from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from billing.models import Payment, StatementLine
from console.actions.base import Verb
from console.paging import whole_number
from tenancy.errors import InvalidValue
from tenancy.models import Account

MOST_PARTS = 20
ASKED_FIRST = "Choose on the Reconcile screen what this line is for."
# What the consequences of a dialog read.
READ_ALONG = ("account__plan", "account__credit_balance", "invoice__plan", "confirmed_by")


@dataclass(frozen=True)
class Choice:
    """What was chosen and exists. `parts` are payments and accounts in their chosen order."""

    payment: Payment | None = None
    account: Account | None = None
    parts: tuple[Payment | Account, ...] = ()


class LineVerb(Verb):
    """A verb of a line: knows what was chosen on the Reconcile screen, and leads back there."""

    related = ("statement",)

    def next_page(
        self, model_admin: ModelAdmin, request: HttpRequest, target: models.Model | None
    ) -> str:
        back = request.GET.get("back", "")
        if back.startswith(reverse("admin:reconcile")):
            return back
        return super().next_page(model_admin, request, target)

    def _target(
        self, model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
    ) -> StatementLine:
        line = super()._target(model_admin, request, object_id)
        # Read with the line by all that follows: refusals, consequences, the form, the service.
        line.choice = read_choice(request.GET)
        return line


def read_choice(query: QueryDict) -> Choice:
    """The chosen objects; what there is not is left out."""
    codes = list(dict.fromkeys(query.getlist("part")))[:MOST_PARTS]
    payment, account = whole_number(query.get("payment")), whole_number(query.get("account"))
    payments = _payments([payment, *_ids(codes, "p")])
    accounts = _accounts([account, *_ids(codes, "a")])
    found = {code_of(each): each for each in (*payments.values(), *accounts.values())}
    return Choice(
        payment=payments.get(payment),
        account=accounts.get(account),
        parts=tuple(found[code] for code in codes if code in found),
    )


def choice_of(line: StatementLine) -> Choice:
    return getattr(line, "choice", Choice())


def chosen_payment(line: StatementLine) -> Payment:
    payment = choice_of(line).payment
    if payment is None:
        raise InvalidValue(ASKED_FIRST, field="payment")
    return payment


def code_of(part: Payment | Account) -> str:
    """`p12` or `a7`."""
    return f"{'p' if isinstance(part, Payment) else 'a'}{part.pk}"


def _ids(codes: list[str], kind: str) -> list[int | None]:
    return [whole_number(code[1:]) for code in codes if code[:1] == kind]


def _payments(ids: list[int | None]) -> dict[int, Payment]:
    wanted = [pk for pk in ids if pk is not None]
    return Payment.objects.select_related(*READ_ALONG).in_bulk(wanted) if wanted else {}


def _accounts(ids: list[int | None]) -> dict[int, Account]:
    wanted = [pk for pk in ids if pk is not None]
    return Account.objects.in_bulk(wanted) if wanted else {}
