"""An account's timeline as CSV: exactly what is filtered, all of it, and kept who took it."""

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.text import slugify

from console.audit_kinds import words_of
from console.csv_writing import Value, response, stamped
from console.diffs import Change
from console.timeline.asked import Asked
from console.timeline.walk import Entry, everything
from tenancy.models import Account, AuditEvent, User
from tenancy.records import record

# It has the account, its ledger and its part of the audit trail. Each of these groups may take out
# the most telling of it from a list, so either is enough.
PERMISSIONS = ("tenancy.export_account", "tenancy.export_auditevent")
TAKEN_FROM = "Exported from the timeline"
HEADINGS = (
    "Time (UTC)",
    "What",
    "About",
    "Result",
    "Changes",
    "Credits",
    "Balance after",
    "Ledger row",
    "Why",
    "Ticket",
    "Who",
    "Door",
)


def allowed(person: User) -> bool:
    return any(person.has_perm(permission) for permission in PERMISSIONS)


def answer(request: HttpRequest, account: Account) -> HttpResponse:
    """The file, to a POST: nothing changes, but the export is kept in the account's audit trail."""
    if request.method != "POST":
        return HttpResponseNotAllowed(("POST",))
    by = User.objects.get(pk=request.user.pk)
    if not allowed(by):
        _record(account, by=by, refused="No permission.")
        raise PermissionDenied
    asked = Asked.read(request.GET)
    rows = asked.events(account).count() + asked.rows(account).count()
    kept = _record(account, by=by, facts={"rows": rows, "filters": asked.query().removeprefix("?")})
    # The event of this export is newer than what the screen showed.
    entries = everything(account, asked, before=kept.pk)
    name = stamped(f"timeline-{slugify(account.slug) or account.pk}")
    return response(name, HEADINGS, _lines(entries))


def _lines(entries: Iterator[Entry]) -> Iterator[list[Value]]:
    """A line for each event and each ledger row; the screen shows a grant and its row as one."""
    for entry in entries:
        yield _of_event(entry) if entry.event is not None else _of_row(entry)


def _of_event(entry: Entry) -> list[Value]:
    event = entry.event
    return [
        f"{event.at:%Y-%m-%d %H:%M:%S}",
        words_of(event.verb),
        event.target_label,
        event.get_result_display(),
        "; ".join(in_words(change) for change in entry.changes),
        "",
        "",
        "",
        event.reason,
        entry.ticket,
        event.actor_label,
        event.door,
    ]


def _of_row(entry: Entry) -> list[Value]:
    row = entry.row
    about = " · ".join(dict.fromkeys(filter(None, (row.operation, row.description))))
    return [
        f"{row.created_at:%Y-%m-%d %H:%M:%S}",
        row.get_type_display(),
        about,
        "",
        "",
        row.amount,
        row.balance_after,
        row.sequence,
        row.reason,
        "",
        str(row.created_by or "the product"),
        "",
    ]


def in_words(change: Change) -> str:
    """“Status: trial → active”."""
    before = f"{change.before} → " if change.before else ""
    return f"{change.label}: {before}{change.after}"


def _record(
    account: Account, *, by: User, facts: dict[str, object] | None = None, refused: str = ""
) -> AuditEvent:
    return record(
        "timeline_exported",
        by=by,
        reason=refused or TAKEN_FROM,
        target=account,
        account=account,
        after={"refused_because": refused} if refused else facts,
        result=AuditEvent.Result.REFUSED if refused else AuditEvent.Result.DONE,
    )
