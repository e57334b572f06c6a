"""The kinds of a timeline's entries, and which audit events are of which kind."""

from django.db import models
from django.db.models import Q

from tenancy.models import AuditEvent


class Kind(models.TextChoices):
    ALL = "", "Everything"
    CHANGES = "changes", "Changes"
    CREDITS = "credits", "Credits"
    PAYMENTS = "payments", "Payments"
    STATUS = "status", "Status and plan"
    PEOPLE = "people", "People"
    SITES = "sites", "Sites and keys"
    NOTES = "notes", "Notes"
    APPROVALS = "approvals", "Approvals"
    MAILS = "mails", "E-mails"
    ACCESS = "access", "Sign-ins"
    IMPORTS = "imports", "Imports"
    REFUSED = "refused", "Refused"


# The other kinds are of audit events alone.
WITH_LEDGER_ROWS = (Kind.ALL, Kind.CREDITS)
_IN_AND_OUT = Q(verb__in=("signed_in", "signed_out"))

# An event is named after what was done; a refused attempt after the verb that was tried.
_OF_CREDITS = Q(verb__startswith="credits_") | Q(
    target_type="account", verb__in=("grant", "adjust", "unfreeze")
)
_OF_PAYMENTS = Q(target_type__in=("payment", "statementline", "allocation")) | Q(
    target_type="account", verb="open_transfer"
)
_OF_MAILS = Q(verb__startswith="email_")
_OF_ACCESS = Q(verb__startswith="sign") | Q(
    verb__in=(
        "password_set",
        "password_reset",
        "invitation_accepted",
        "send_sign_in_link",
        "acted_for_account",
        "timeline_exported",
    )
)
_OF_NOTES = Q(target_type="note") | Q(target_type="account", verb="write_note")

CONDITIONS: dict[str, Q] = {
    Kind.CHANGES: ~_IN_AND_OUT,
    Kind.CREDITS: _OF_CREDITS | Q(target_type="credittransaction"),
    Kind.PAYMENTS: _OF_PAYMENTS & ~_OF_MAILS,
    Kind.STATUS: Q(target_type__in=("account", "subscription"))
    & ~(_OF_CREDITS | _OF_PAYMENTS | _OF_MAILS | _OF_ACCESS | _OF_NOTES),
    Kind.PEOPLE: Q(target_type="user") & ~(_OF_MAILS | _OF_ACCESS),
    Kind.SITES: Q(target_type__in=("site", "sector")),
    Kind.NOTES: _OF_NOTES,
    Kind.APPROVALS: Q(target_type="approval"),
    Kind.MAILS: _OF_MAILS,
    Kind.ACCESS: _OF_ACCESS,
    Kind.IMPORTS: Q(door="import"),
    Kind.REFUSED: Q(result=AuditEvent.Result.REFUSED),
}
