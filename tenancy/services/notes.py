"""Notes of staff on an account: written once, one of them pinned."""

from datetime import datetime

from django.db import transaction

from tenancy.errors import StateConflict
from tenancy.models import Account, Note, User
from tenancy.records import clean_reason, lock, record, refuse_own_account


@transaction.atomic
def write(
    *,
    account: Account,
    text: str,
    pinned: bool = False,
    by: User,
    now: datetime,
    ticket_url: str = "",
) -> Note:
    """Keep a note; a pinned one takes the place of the one that was pinned.

    The text is its own reason. Raises ReasonRequired for a text that says nothing or is over
    1,000 characters, OwnAccount.
    """
    text = clean_reason(text)
    lock(account)
    refuse_own_account(by=by, account=account)
    if pinned:
        Note.objects.filter(account=account, is_pinned=True).update(is_pinned=False)
    note = Note.objects.create(
        account=account, text=text, is_pinned=pinned, written_at=now, written_by=by
    )
    record(
        "note_written",
        by=by,
        reason=text,
        target=note,
        account=account,
        after={"pinned": True} if pinned else {},
        ticket_url=ticket_url,
    )
    return note


@transaction.atomic
def pin(*, note: Note, by: User, reason: str, ticket_url: str = "") -> Note:
    """Show a note to everybody who opens the account, in place of the one that was.

    Raises StateConflict when it is pinned already; OwnAccount.
    """
    reason = clean_reason(reason)
    _lock(note, by=by)
    if note.is_pinned:
        raise StateConflict("This note is pinned already; nothing was changed.", current="pinned")
    Note.objects.filter(account=note.account, is_pinned=True).update(is_pinned=False)
    _set(note, True, verb="note_pinned", by=by, reason=reason, ticket_url=ticket_url)
    return note


@transaction.atomic
def unpin(*, note: Note, by: User, reason: str, ticket_url: str = "") -> Note:
    """Let a note be one among others again. Raises StateConflict unless pinned; OwnAccount."""
    reason = clean_reason(reason)
    _lock(note, by=by)
    if not note.is_pinned:
        raise StateConflict("This note is not pinned; nothing was changed.", current="not pinned")
    _set(note, False, verb="note_unpinned", by=by, reason=reason, ticket_url=ticket_url)
    return note


def _lock(note: Note, *, by: User) -> None:
    # The account first, so that two that pin at once stand in line.
    lock(note.account)
    lock(note)
    refuse_own_account(by=by, account=note.account)


def _set(note: Note, is_pinned: bool, *, verb: str, by: User, reason: str, ticket_url: str) -> None:
    note.is_pinned = is_pinned
    note.save(update_fields=["is_pinned"])
    record(
        verb,
        by=by,
        reason=reason,
        target=note,
        account=note.account,
        before={"pinned": not is_pinned},
        after={"pinned": is_pinned},
        ticket_url=ticket_url,
    )
