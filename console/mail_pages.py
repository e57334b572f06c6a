"""What customers are written: each e-mail as its templates make it from an example."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenancy.services import mails
from tenancy.services.mails import Mail

ENDS = datetime(2026, 2, 28, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Example:
    """A mail of templates/mail/ with the facts of an example; `when` says what sends it."""

    name: str
    title: str
    when: str
    facts: dict[str, Any]

    @property
    def mail(self) -> Mail:
        return mails.render(self.name, self.facts)


def examples() -> list[Example]:
    transfer = {
        "account": "Smith & Sons",
        "plan": "Starter",
        "invoice": "2026-00042",
        "reference": "IG-7K3F-QX9M-46",
    }
    to_pay = {
        **transfer,
        **settings.BANK_DETAILS,
        "amount": "89.00 USD",
        "due_on": date(2026, 2, 28),
    }
    account = {"account": "Smith & Sons"}
    return [
        Example(
            "transfer_instructions",
            "How to pay",
            "A bank transfer was opened, by the customer or by staff.",
            {**to_pay, "renews": None},
        ),
        Example(
            "transfer_instructions",
            "How to pay the next month",
            "7 days before a paid period ends.",
            {**to_pay, "renews": ENDS},
        ),
        Example(
            "transfer_confirmed",
            "Payment came",
            "A bank transfer was confirmed.",
            {
                **transfer,
                "received": "89.00 USD",
                "period_end": datetime(2026, 3, 31, 9, 30, tzinfo=UTC),
                "credits": 1000,
            },
        ),
        Example(
            "transfer_rejected",
            "Do not pay any more",
            "A bank transfer was rejected or withdrawn.",
            {**transfer, "still_works": True},
        ),
        Example(
            "payment_overdue",
            "Payment overdue",
            "A paid period ended and its renewal is not paid. Once.",
            {
                **to_pay,
                "due_on": None,
                "has_payment": True,
                "period_end": ENDS,
                "open_until": datetime(2026, 3, 7, 9, 30, tzinfo=UTC),
            },
        ),
        Example(
            "trial_ending",
            "Trial ends soon",
            "3 days before a trial ends. Once for each end.",
            {**account, "ends_at": ENDS},
        ),
        Example(
            "account_suspended",
            "Suspended: trial over",
            "A trial ended.",
            {**account, "why": "trial_expired"},
        ),
        Example(
            "account_suspended",
            "Suspended: not paid",
            "7 days after a paid period ended unpaid, or its payment was undone.",
            {**account, "why": "payment_failed"},
        ),
        Example(
            "account_suspended",
            "Suspended by a person",
            "Staff suspended the account. The reason they gave is not told.",
            {**account, "why": "manual"},
        ),
        Example(
            "invitation",
            "Invitation",
            "People of an account invited somebody, staff created an account with an owner, or "
            "somebody who has no password yet asked for a link or was sent one.",
            {**account, "address": f"{settings.APP_URL}/join?email=new%40example.com&token=…"},
        ),
        Example(
            "new_password",
            "New password",
            "Somebody forgot their password, or staff sent them a sign-in link.",
            {**account, "address": f"{settings.APP_URL}/password?email=zoe%40example.com&token=…"},
        ),
    ]


@require_safe
def index(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    shown = {**context, "title": "E-mails", "examples": examples()}
    return render(request, "console/mails.html", shown)


@require_safe
def html(request: HttpRequest) -> HttpResponse:
    """One example as the customer's mail program shows it: a page of its own."""
    found = examples()
    number = request.GET.get("number", "")
    place = int(number) - 1 if number.isascii() and number.isdigit() and number != "0" else 0
    return HttpResponse(found[min(place, len(found) - 1)].mail.html)
