"""Dialogs of notes: write one on an account, pin it, unpin it."""

from typing import Any

from django import forms
from django.utils import timezone

from console.actions.base import Consequence, Done, Verb
from console.actions.forms import VerbForm
from tenancy.models import Note, User
from tenancy.services import notes


class NoteForm(VerbForm):
    """The text is the reason: both are kept, and both are read by colleagues."""

    pinned = forms.BooleanField(
        required=False,
        label="Pin it",
        help_text="Everybody who opens the account reads it first, in place of the one before.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Note"
        self.fields["reason"].help_text = "Your colleagues and the auditor read it."
        self.fields["reason"].widget.attrs["rows"] = 4
        self.fields["reason"].error_messages["required"] = "Write the note."
        self.order_fields(["reason", "pinned", "ticket_url", "token"])


class WriteNote(Verb):
    name = "write_note"
    label = "Write note"
    submit = "Keep note"
    permission = "tenancy.write_note"
    icon = "sticky_note_2"
    form_class = NoteForm

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        notes.write(
            account=target,
            text=reason,
            pinned=facts["pinned"],
            by=by,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"The note on {target.name} is kept.", target=target)


class PinNote(Verb):
    name = "pin"
    label = "Pin"
    submit = "Pin note"
    permission = "tenancy.write_note"
    icon = "keep"
    related = ("account",)

    def refusal(self, target: Note) -> str:
        return "This note is pinned already." if target.is_pinned else ""

    def consequences(self, target: Note, by: User) -> list[Consequence]:
        pinned = target.account.notes.filter(is_pinned=True).first()
        return [Consequence("Pinned", str(pinned) if pinned else "", str(target))]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        notes.pin(note=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done("The note is pinned.", target=target.account)


class UnpinNote(Verb):
    name = "unpin"
    label = "Unpin"
    submit = "Unpin note"
    permission = "tenancy.write_note"
    icon = "keep_off"
    related = ("account",)

    def refusal(self, target: Note) -> str:
        return "" if target.is_pinned else "This note is not pinned."

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        notes.unpin(note=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done("The note is unpinned.", target=target.account)
