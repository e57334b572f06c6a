"""From the Reconcile screen to the dialogs of a line, and back to where the person was."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from billing.models import Payment, StatementLine
from console.account_page.verbs import VerbLink, offered
from console.actions.choices import code_of
from console.actions.line_payments import Apply, Link
from console.actions.splits import Split
from console.actions.statement_lines import OnLine, PutOnAccount
from tenancy.models import Account, User


def queue_of(request: HttpRequest) -> str:
    """The queue as the person left it, filters and page included."""
    back = request.GET.get("back", "")
    queue = reverse("admin:reconcile")
    return back if back.startswith(queue) else queue


def line_page(line: StatementLine, *, back: str) -> str:
    return f"{reverse('admin:reconcile_line', args=(line.pk,))}?{urlencode({'back': back})}"


def to_payment(line: StatementLine, payment: Payment, *, person: User, back: str) -> list[VerbLink]:
    return _link(Apply(), line, person, f"Apply to {payment.reference}", back, payment=payment.pk)


def to_booked(line: StatementLine, payment: Payment, *, person: User, back: str) -> list[VerbLink]:
    return _link(Link(), line, person, f"Link to {payment.reference}", back, payment=payment.pk)


def to_account(line: StatementLine, account: Account, *, person: User, back: str) -> list[VerbLink]:
    return _link(PutOnAccount(), line, person, "Put on the account", back, account=account.pk)


def to_split(
    line: StatementLine, parts: tuple[Payment | Account, ...], *, person: User, back: str
) -> list[VerbLink]:
    codes = [code_of(part) for part in parts]
    label = f"Split over {len(parts)} parts"
    return _link(Split(), line, person, label, back, part=codes) if len(parts) > 1 else []


def aside(line: StatementLine, *, person: User, back: str) -> list[VerbLink]:
    """What can be done to the line alone, as it stands."""
    query = urlencode({"back": back})
    return [replace(link, url=f"{link.url}?{query}") for link in offered(line, person=person)]


def _link(
    verb: OnLine, line: StatementLine, person: User, label: str, back: str, **chosen: object
) -> list[VerbLink]:
    """The link in a list, or nothing for a person who may not."""
    if not person.has_perm(verb.permission):
        return []
    url = reverse(f"admin:billing_statementline_{verb.name}", args=(line.pk,))
    query = urlencode({**chosen, "back": back}, doseq=True)
    return [VerbLink(label, f"{url}?{query}", verb.icon, verb.is_dangerous)]
