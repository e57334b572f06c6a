"""Signing in to the console: what counts as the same login, and who did it or tried, in the audit.

Wrong passwords are counted by axes, which locks the login for a time; what is tried while it is
locked is not kept one by one, so that nobody can fill the audit by guessing.
"""

from collections.abc import Callable

from axes.handlers.proxy import AxesProxyHandler
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from console.middleware import client_ip
from tenancy.addresses import counted_as
from tenancy.emails import lookup_form
from tenancy.models import AuditEvent, User
from tenancy.records import record
from tenancy.services import sign_ins

# Whoever failed to sign in has not shown who they are.
UNKNOWN = "not signed in"
WRONG = "The password was wrong, or this login may not sign in."
LOCKED = "The password was wrong too often: locked from this address for a while."


def login_name(request: HttpRequest, credentials: dict | None) -> str:
    """Return the login as it is compared: an e-mail address is one however it is written."""
    name = (credentials or {}).get("username") or (credentials or {}).get("email")
    return lookup_form(str(name or request.POST.get("username", "")))


def counted_address(request: HttpRequest) -> str | None:
    """Return the address that wrong passwords are counted by. The audit keeps the caller's own."""
    return counted_as(client_ip(request))


def recorded(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of the sign-in page, with what it decided about a login of staff in the audit."""
    if request.method != "POST":
        return answer()
    name = login_name(request, None)
    was_locked = AxesProxyHandler.is_locked(request, {"username": name})
    with transaction.atomic():
        response = answer()
        if response.status_code == 302:
            person = User.objects.get(pk=request.user.pk)
            sign_ins.signed_in(person)
        elif not was_locked:
            _record_failure(name, is_locked=getattr(request, "axes_locked_out", False))
    return response


def record_sign_out(request: HttpRequest) -> None:
    if request.method != "POST" or not request.user.is_authenticated:
        return
    person = User.objects.get(pk=request.user.pk)
    record("signed_out", by=person, reason="Signed out.", target=person, account=person.account)


def _record_failure(name: str, *, is_locked: bool) -> None:
    """Only logins of staff: guessed names are no record of anybody."""
    person = User.objects.filter(email=name, is_staff=True).select_related("account").first()
    if person is None:
        return
    record(
        "sign_in_refused",
        by=None,
        nobody=UNKNOWN,
        reason=LOCKED if is_locked else WRONG,
        target=person,
        account=person.account,
        result=AuditEvent.Result.REFUSED,
    )
