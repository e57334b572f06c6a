"""Links to choose a password through: for who is invited, forgot theirs, or gets one from support.

One sort of token for all of them, which ends with its use, with a sign-in, or in some days. It is
made when the e-mail is sent, so that it lies in no queue, and nobody of the console sees it.
"""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from tenancy.emails import lookup_form, stored_form
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import AuditEvent, User
from tenancy.records import clean_reason, lock, record, refuse_own_account
from tenancy.services import mails
from tenancy.services.accounts import refuse_deleted
from tenancy.services.mails import Letter
from tenancy.services.passwords import check_password
from tenancy.services.person_guards import StaffToo

# Nobody's mailbox is filled by asking again and again for their password.
RESTS_FOR = timedelta(minutes=5)
NOBODY = 0


class LinkTokens(PasswordResetTokenGenerator):
    """Of these links alone: staff's own open nothing here. Who is locked out loses theirs."""

    key_salt = "tenancy.services.password_links"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return super()._make_hash_value(user, timestamp) + user.token_stamp


link_tokens = LinkTokens()


class InvitationOver(ServiceError):
    """The token is used, too old, or not for this person: the answer does not say which."""

    code = "invitation_over"


def later(user: User) -> None:
    """Have the worker send this person a link once the transaction is committed."""
    mails.later(send_link, user.pk)


def forgotten(*, email: str) -> None:
    """Have a link sent to whoever signs in with this e-mail; nothing tells whether anybody does.

    For a known address and for an unknown one it is the same work: a look, and a row of the queue.
    Raises InvalidValue for what is no address.
    """
    found = User.objects.filter(email=stored_form(email)).values_list("pk", flat=True).first()
    mails.later(send_link_once, found or NOBODY)


@transaction.atomic
def send(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Have a link sent to a customer's user; their present password works until they use it.

    Raises StateConflict for a person without an account, a deleted account and a deactivated
    person, StaffToo, OwnAccount.
    """
    reason = clean_reason(reason)
    if user.account_id is None:
        raise StateConflict(
            f"{user.email} belongs to no account; console staff are managed under Staff.",
            current="staff",
        )
    lock(user.account)
    lock(user)
    refuse_own_account(by=by, account=user.account)
    refuse_deleted(user.account)
    if user.is_staff:
        raise StaffToo(
            f"{user.email} is console staff too, and this password opens the console. "
            "An Administrator makes a sign-in link under Staff.",
            user=user.email,
        )
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated. Let them back in first.", current="deactivated"
        )
    record(
        "sign_in_link_sent",
        by=by,
        reason=reason,
        target=user,
        account=user.account,
        after={"password": "can be chosen through a link in an e-mail, once"},
        ticket_url=ticket_url,
    )
    later(user)
    return user


@transaction.atomic
def accept(*, email: str, token: str, password: str) -> User:
    """Set the password of the person a link was sent to, once: their first one, or a new one.

    A new one ends every session and token they had. Raises InvitationOver, and InvalidValue for a
    password that the validators refuse (`errors` in the facts lists each of them with its code).
    """
    user = User.objects.filter(email=lookup_form(email)).first()
    if user is None:
        raise _over()
    lock(user)
    if not _has_a_way_in(user) or not link_tokens.check_token(user, token):
        raise _over()
    check_password(password, user=user)
    if user.has_usable_password():
        verb, reason = "password_reset", "Chose a new password with the link of an e-mail."
    else:
        verb, reason = "invitation_accepted", "Chose a password with the invitation."
    user.set_password(password)
    user.save(update_fields=["password"])
    record(verb, by=user, reason=reason, target=user, account=user.account)
    return user


@task
def send_link(user_id: int, attempt: int = 1) -> str:
    """Send somebody a link: an invitation while they have no password, else for a new one."""
    user = User.objects.select_related("account").get(pk=user_id)
    return mails.send(
        _letter(user) if _has_a_way_in(user) and not user.is_staff else None,
        attempt=attempt,
        again=lambda at: send_link.using(run_after=at).enqueue(user_id, attempt + 1),
    )


@task
def send_link_once(user_id: int) -> str:
    """Send it unless they were written to a moment ago; the user NOBODY gets none."""
    if user_id == NOBODY or _was_written_to(user_id):
        return "not due"
    return send_link.call(user_id)


def _has_a_way_in(user: User) -> bool:
    """Whether a password would let them in, perhaps only to pay; staff have links of their own."""
    return user.is_active and user.account is not None and not user.account.is_deleted


def _was_written_to(user_id: int) -> bool:
    return AuditEvent.objects.filter(
        target_type="user",
        target_id=str(user_id),
        verb__in=("email_sent", "email_failed"),
        at__gt=timezone.now() - RESTS_FOR,
    ).exists()


def _letter(user: User) -> Letter:
    """The link opens the product's app, which calls auth/accept/."""
    name, page = (
        ("new_password", "password") if user.has_usable_password() else ("invitation", "join")
    )
    query = urlencode({"email": user.email, "token": link_tokens.make_token(user)})
    return Letter(
        name,
        user.account,
        user,
        {
            "account": mails.short_name(user.account),
            "address": f"{settings.APP_URL}/{page}?{query}",
        },
        recipient=user.email,
    )


def _over() -> InvitationOver:
    return InvitationOver("This link is used or too old. Ask for a new one.")
