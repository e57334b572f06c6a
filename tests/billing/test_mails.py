"""E-mails to customers: which, to whom, once, after commit, whatever the mail server does."""

import smtplib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django_tasks_db.models import DBTaskResult

from billing.models import Payment, Subscription
from billing.services import bank_transfers, renewals
from console import mail_pages
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason
from tenancy.services import accounts, lifecycle, mails, password_links, trial_notices
from tests.factories import (
    DAY,
    NOW,
    REASON,
    confirm,
    expire_trials,
    make_account,
    make_staff,
    make_subscription,
    make_user,
    open_transfer,
    put,
)
from tests.mailing import forget_queue, work_off

S = AccountStatus
BOOKS = "books@home.example"
END = NOW + 7 * DAY


def customer(**facts: object) -> Account:
    return make_account(**{"name": "Smith & Sons", "billing_email": BOOKS} | facts)


def past_due(**facts: object) -> Subscription:
    account = customer(**{"status": S.ACTIVE} | facts)
    subscription = make_subscription(account, start=END - 30 * DAY, end=END)
    renewals.renew(subscription=subscription, now=NOW)
    forget_queue()
    renewals.end(subscription=subscription, now=END)
    return subscription


def one_letter() -> tuple[str, str, str]:
    """Subject, text and HTML of the one mail that waits."""
    (letter,) = work_off()
    ((html, kind),) = letter.alternatives
    assert kind == "text/html"
    return letter.subject, letter.body, html


def test_how_to_pay_is_told_when_a_transfer_is_opened(db: None) -> None:
    payment = open_transfer(customer())
    assert mail.outbox == []

    subject, text, html = one_letter()

    assert subject == f"How to pay 89.00 USD: reference {payment.reference}"
    assert "“Smith & Sons”" in text
    assert "“Smith &amp; Sons”" in html
    for fact in ("GB82 WEST 1234 5698 7654 32", "IGNY8 Tests", payment.reference, "89.00 USD"):
        assert fact in text
        assert fact in html
    event = AuditEvent.objects.get(verb="email_sent")
    assert (event.account, event.target_id) == (payment.account, str(payment.pk))
    assert (event.actor_label, event.door, event.reason) == ("system", "job", subject)
    assert event.after == {
        "mail": "transfer_instructions",
        "subject": subject,
        "recipient": BOOKS,
    }
    assert work_off() == []


def test_a_renewal_says_what_ended(db: None) -> None:
    account = customer(status=S.ACTIVE)
    subscription = make_subscription(account, start=END - 30 * DAY, end=END)
    renewals.renew(subscription=subscription, now=NOW)

    _, text, _ = one_letter()

    assert "has paid for ends on 2025-11-19. This pays the next month" in text


def test_confirmed_and_rejected_are_told(db: None) -> None:
    payment = open_transfer(customer())
    forget_queue()
    confirm(payment, by=make_staff())

    subject, text, _ = one_letter()

    assert subject == f"Your payment came: {payment.reference}"
    assert "paid until 2025-12-12 09:30 UTC. The month brought 1,000 credits." in text
    rejected = open_transfer(customer())
    forget_queue()
    bank_transfers.reject(payment=rejected, by=make_staff(), reason="Gave up", now=NOW)
    subject, text, _ = one_letter()
    assert subject == f"Please do not pay {rejected.reference} any more"
    assert "Your account goes on as it is." in text
    assert "Gave up" not in text


def test_what_is_overdue_is_told_once_with_how_to_pay(db: None) -> None:
    subscription = past_due()
    payment = Payment.objects.get()

    subject, text, _ = one_letter()

    assert subject == f"Your payment is overdue: {payment.reference}"
    assert "ended on 2025-11-19" in text
    assert "stays open until 2025-11-26" in text
    assert "Until:" not in text
    assert payment.reference in text
    renewals.end(subscription=subscription, now=END + DAY)
    assert work_off() == []


def test_who_has_no_bill_or_is_exempt_is_told_so(db: None) -> None:
    subscription = past_due(exempt_from_suspension=True)
    _, text, _ = one_letter()
    assert "then it is suspended" not in text
    bank_transfers.reject(payment=Payment.objects.get(), by=make_staff(), reason=REASON, now=END)
    forget_queue()
    Subscription.objects.filter(pk=subscription.pk).update(status="active")

    renewals.end(subscription=subscription, now=END)

    subject, text, _ = one_letter()
    assert subject == "Your payment is overdue"
    assert "Ask for a bank transfer in the app" in text
    assert "IBAN" not in text


def test_whoever_suspends_it_the_customer_is_told_why_but_not_the_reason(db: None) -> None:
    by_staff = customer(status=S.ACTIVE)
    customer(trial_ends_at=NOW)
    subscription = past_due()
    forget_queue()
    lifecycle.suspend(
        account=by_staff,
        code=SuspensionReason.ABUSE,
        by=make_staff(),
        reason="Spam all over",
        now=NOW,
    )
    expire_trials(NOW)
    renewals.suspend(subscription=subscription, now=END + 7 * DAY)

    letters = work_off()

    assert [letter.subject for letter in letters] == ["Your account is suspended"] * 3
    abuse, over, unpaid = [letter.body for letter in letters]
    assert "Please answer this e-mail" in abuse
    assert "Spam" not in abuse
    assert "the trial of “Smith & Sons” is over" in over
    assert "no payment came" in unpaid


def test_a_trial_that_ends_is_told_of_once_for_each_end(db: None) -> None:
    account = customer(trial_ends_at=NOW + 3 * DAY)
    put(customer(), exempt_from_suspension=True, trial_ends_at=NOW + DAY)

    def told(now: datetime) -> int:
        return sum(
            trial_notices.tell(account=found, now=now) for found in trial_notices.ending(now=now)
        )

    assert told(NOW - timedelta(microseconds=1)) == 0
    assert told(NOW) == 1
    assert told(NOW + DAY) == 0
    subject, text, _ = one_letter()
    assert subject == "Your trial ends on 2025-11-15"
    assert "2025-11-15 09:30 UTC" in text
    lifecycle.extend_trial(account=account, days=7, by=None, reason=REASON, now=NOW + DAY)
    assert told(NOW + DAY) == 0
    assert told(NOW + 8 * DAY) == 1


def test_it_goes_to_the_billing_address_or_the_owner_or_is_recorded_as_not_sent(db: None) -> None:
    account = customer(billing_email="")
    owner = make_user(account, email="owner@home.example")
    put(account, owner=owner)
    open_transfer(account)
    assert [letter.to for letter in work_off()] == [["owner@home.example"]]

    type(owner).objects.update(is_active=False)
    bank_transfers.reject(payment=Payment.objects.get(), by=make_staff(), reason=REASON, now=NOW)

    assert work_off() == []
    event = AuditEvent.objects.get(verb="email_not_sent")
    assert event.reason == "The account has no e-mail address and no owner."
    assert event.after == {"mail": "transfer_rejected"}


def test_a_deleted_account_and_a_system_account_get_none(db: None) -> None:
    deleted, system = customer(), customer(is_system=True, trial_ends_at=NOW + DAY)
    open_transfer(deleted)
    accounts.soft_delete(account=deleted, by=None, reason=REASON, now=NOW)
    put(system, trial_ends_at=NOW + DAY)
    mails_of_system = mails.Letter("trial_ending", system, system, {})

    assert mails.send(mails_of_system, attempt=1, again=pytest.fail) == "not due"
    assert work_off() == []
    assert not AuditEvent.objects.filter(verb__startswith="email").exists()


def test_what_is_not_true_any_more_is_not_sent(db: None) -> None:
    paid = past_due()
    withdrawn = open_transfer(customer())
    bank_transfers.reject(payment=withdrawn, by=None, reason=REASON, now=NOW)
    confirm(Payment.objects.get(account=paid.account), by=make_staff(), now=END + DAY)
    lifted = customer(status=S.ACTIVE)
    lifecycle.suspend(account=lifted, code="manual", by=make_staff(), reason=REASON, now=NOW)
    put(lifted, status=S.ACTIVE, status_reason="", status_before="")

    subjects = [letter.subject for letter in work_off()]

    assert [subject[:15] for subject in subjects] == ["Please do not p", "Your payment ca"]


def test_what_is_rolled_back_sends_nothing_and_what_is_committed_comes_by_the_worker(
    committed: None,
) -> None:
    account = customer()

    def give_up() -> None:
        with transaction.atomic():
            open_transfer(account)
            raise smtplib.SMTPException

    with pytest.raises(smtplib.SMTPException):
        give_up()
    assert not DBTaskResult.objects.exists()
    open_transfer(account)

    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False)

    assert [letter.to for letter in mail.outbox] == [[BOOKS]]
    assert DBTaskResult.objects.get().status == "SUCCESSFUL"


class BrokenServer(EmailBackend):
    def send_messages(self, messages: list) -> int:
        raise smtplib.SMTPServerDisconnected("Connection\nunexpectedly closed")


def test_a_mail_server_that_is_away_undoes_nothing_and_is_asked_again_three_times(
    db: None, settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenServer"
    payment = open_transfer(customer())

    for attempt, minutes in ((1, 5), (2, 60), (3, 360), (4, None)):
        assert work_off() == []
        event = AuditEvent.objects.filter(verb="email_failed").latest("id")
        assert event.reason == "It could not be handed to the mail server."
        assert event.after["error"] == "SMTPServerDisconnected: Connection unexpectedly closed"
        assert event.after["attempt"] == attempt
        assert event.after["recipient"] == BOOKS
        waits = DBTaskResult.objects.first()
        assert (waits is None) == (minutes is None)
        if waits is not None:
            waiting = waits.run_after - event.at
            assert abs(waiting - timedelta(minutes=minutes)) < timedelta(minutes=1)
            DBTaskResult.objects.update(run_after=event.at)

    payment.refresh_from_db()
    assert payment.is_open
    assert "E-mail transfer_instructions to account" in caplog.text
    assert AuditEvent.objects.filter(verb="email_failed").count() == 4


HOSTILE = (
    "Eve\r\nBcc: all@example.com\n<img src=x onerror=alert(1)>\u202e\u2028Pay IBAN XX" + "x" * 150
)


def test_a_name_forges_no_header_no_line_and_no_markup(db: None) -> None:
    account = customer(name=HOSTILE)
    open_transfer(account)

    _, text, html = one_letter()

    assert "<img" not in html
    assert "&lt;img" in html
    assert "\nBcc" not in text
    assert "\u202e" not in text
    assert "x" * 60 not in text
    person = make_user(account, email="new@home.example")
    password_links.later(person)
    (invited,) = work_off()
    assert invited.subject.startswith("You are invited to Eve Bcc: all@example.com <img")
    assert "\n" not in invited.subject
    assert invited.recipients() == ["new@home.example"]
    assert "/join?email=new%40home.example&token=" in invited.body


def test_every_template_is_shown_to_staff_with_an_example(db: None, client: Client) -> None:
    folder = Path(__file__).parents[2] / "templates" / "mail"
    names = {path.name.removesuffix(".subject.txt") for path in folder.glob("*.subject.txt")}

    examples = mail_pages.examples()

    assert {example.name for example in examples} == names
    for example in examples:
        written = example.mail
        assert written.subject
        for text in (written.subject, written.text, written.html):
            assert "None" not in text
            assert "{{" not in text
        assert "\n\n\n" not in written.text
    client.force_login(make_staff("Auditor"))
    page = client.get("/admin/mails/").content.decode()
    assert all(example.title in page for example in examples)
    html = client.get("/admin/mails/html/", {"number": "2"})
    assert "This pays the next month" in html.content.decode()
    for odd in ("0", "99", "x", "²", "-1"):
        assert client.get("/admin/mails/html/", {"number": odd}).status_code == 200
