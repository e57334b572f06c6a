"""E-mails to customers: written from templates, sent by the worker, kept in the audit trail.

A verb asks for one in its own transaction (a row of the task queue), so that the worker sees it
once that is committed, and never when it is not. A mail server that is away undoes and delays
nothing; the worker tries again.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone
from django_tasks.base import Task

from tenancy import context
from tenancy.models import Account
from tenancy.records import SYSTEM, record

logger = logging.getLogger(__name__)

# After the first attempt, the second, the third; then a person must look.
TRIED_AGAIN_AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
LONGEST_SUBJECT = 200
LONGEST_NAME = 60

_held_back: ContextVar[bool] = ContextVar("mails_held_back", default=False)


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Letter:
    """A mail that is due: `name` is its template, `facts` are plain values, no models.

    `recipient` is the person it is for; empty: whoever gets the account's mail.
    """

    name: str
    account: Account
    target: models.Model
    facts: dict[str, object]
    recipient: str = ""


def later(task: Task, *about: object) -> None:
    """Have the worker send a mail once this transaction is committed."""
    if not _held_back.get():
        task.enqueue(*about)


@contextmanager
def held_back() -> Iterator[None]:
    """Nobody is written to for what happens inside: for data of a demo or of another system."""
    token = _held_back.set(True)
    try:
        yield
    finally:
        _held_back.reset(token)


def render(name: str, facts: dict[str, object]) -> Mail:
    """The mail of templates/mail/<name>: its subject in one line, as text and as HTML."""
    facts = {"app_url": settings.APP_URL, **facts}
    facts = {
        key: one_line(value) if isinstance(value, str) else value for key, value in facts.items()
    }
    subject = one_line(_plain(f"mail/{name}.subject.txt", facts))[:LONGEST_SUBJECT]
    return Mail(
        subject=subject,
        # Where a part is left out, two gaps meet.
        text=re.sub(r"\n{3,}", "\n\n", _plain(f"mail/{name}.txt", facts).strip()) + "\n",
        html=get_template(f"mail/{name}.html").render({**facts, "subject": subject}),
    )


def one_line(text: str) -> str:
    """Text that can forge no header, no second line and no other reading direction."""
    words = " ".join(text.split())
    return "".join(character for character in words if character.isprintable())


def short_name(account: Account) -> str:
    """An account's name as a mail shows it; a customer chose it, so there is room for no letter."""
    return one_line(account.name)[:LONGEST_NAME]


def recipient_of(account: Account) -> str:
    """Where an account's mail goes: its billing e-mail, else its owner; empty when it has none."""
    if account.billing_email:
        return account.billing_email
    owner = account.owner
    return owner.email if owner is not None and owner.is_active else ""


def send(letter: Letter | None, *, attempt: int, again: Callable[[datetime], object]) -> str:
    """Send a mail and record how it went; the work of a task. None: it is not true any more.

    A failure is recorded, and `again` is asked for another attempt at the time it is given.
    Nothing is sent to a deleted account, nor to a system account, other than to its people.
    """
    if letter is None or letter.account.is_deleted:
        return "not due"
    if letter.account.is_system and not letter.recipient:
        return "not due"
    with context.use(context.RequestContext(door="job")):
        recipient = letter.recipient or recipient_of(letter.account)
        if not recipient:
            _record("email_not_sent", letter, "The account has no e-mail address and no owner.")
            return "no address"
        try:
            mail = render(letter.name, letter.facts)
            hand_over(mail, recipient)
        # Whatever breaks on the way to the mail server, the customer's money is not concerned.
        except Exception as error:
            logger.exception("E-mail %s to account %s failed", letter.name, letter.account.pk)
            _failed(letter, recipient, error, attempt=attempt, again=again)
            return "failed"
        subject = _without_name(mail.subject, letter.account)
        _record("email_sent", letter, subject, subject=subject, recipient=recipient)
        return "sent"


def hand_over(mail: Mail, recipient: str) -> None:
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[recipient],
        # Machines that answer mail leave it unanswered.
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(mail.html, "text/html")
    message.send()


def _failed(
    letter: Letter,
    recipient: str,
    error: Exception,
    *,
    attempt: int,
    again: Callable[[datetime], object],
) -> None:
    # Not in the reason: a mail server's answer often names the address, and that is not for ever.
    said = one_line(f"{type(error).__name__}: {error}")[:500]
    facts = {"recipient": recipient, "attempt": attempt, "error": said}
    with transaction.atomic():
        if attempt <= len(TRIED_AGAIN_AFTER):
            next_at = timezone.now() + TRIED_AGAIN_AFTER[attempt - 1]
            again(next_at)
            facts["tried_again_at"] = next_at.isoformat()
        _record("email_failed", letter, "It could not be handed to the mail server.", **facts)


def _record(verb: str, letter: Letter, reason: str, **facts: object) -> None:
    record(
        verb,
        by=SYSTEM,
        reason=reason,
        target=letter.target,
        account=letter.account,
        after={"mail": letter.name, **facts},
    )


def _without_name(subject: str, account: Account) -> str:
    """A subject as the audit keeps it: a purge takes the customer's name out of no sentence."""
    name = short_name(account)
    return subject.replace(name, "…") if name else subject


def _plain(template: str, facts: dict[str, object]) -> str:
    # Nothing is escaped in plain text: “Smith & Sons” stays as it is.
    return get_template(template).template.render(Context(facts, autoescape=False))
