"""What of an account's timeline is asked for, as it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from billing.models import CreditTransaction
from console.paging import query, whole_number
from console.timeline.kinds import CONDITIONS, WITH_LEDGER_ROWS, Kind
from tenancy.models import Account, AuditEvent, User

# Who did what no person did: a job, or the product that spends credits.
SYSTEM = "system"
# The newest events, whose people are offered to choose from.
NEWEST = 2_000


@dataclass(frozen=True)
class Asked:
    """`kind` is one of Kind; `by` is the id of a person, “system”, or empty for everybody."""

    kind: str = ""
    by: str = ""

    @classmethod
    def read(cls, address: Mapping[str, str]) -> "Asked":
        """Anything unreadable means everything."""
        kind, by = address.get("kind", ""), address.get("by", "")
        person = whole_number(by)
        return cls(
            kind=kind if kind in Kind.values else "",
            by=SYSTEM if by == SYSTEM else str(person or ""),
        )

    def query(self, **more: object) -> str:
        return query(tab="timeline", kind=self.kind, by=self.by, **more)

    def of_kind(self, kind: str) -> "Asked":
        """The same by another kind."""
        return replace(self, kind=kind)

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.by)

    @property
    def leaves_out_events(self) -> bool:
        return bool(self.by) or self.kind in CONDITIONS

    @property
    def leaves_out_rows(self) -> bool:
        return bool(self.by)

    def events(self, account: Account) -> QuerySet[AuditEvent]:
        events = account.audit_events.all()
        if self.by:
            events = events.filter(actor=self._person)
        return events.filter(CONDITIONS[self.kind]) if self.kind in CONDITIONS else events

    def rows(self, account: Account) -> QuerySet[CreditTransaction]:
        rows = account.credit_transactions.all()
        if self.kind not in WITH_LEDGER_ROWS:
            return rows.none()
        return rows.filter(created_by=self._person) if self.by else rows

    @property
    def _person(self) -> int | None:
        return None if self.by == SYSTEM else int(self.by)


def people(account: Account, asked: Asked) -> list[tuple[str, str]]:
    """Who can be chosen, as id and e-mail: those of the newest events, and who is asked for."""
    newest = account.audit_events.order_by("-id").values("actor_id")[:NEWEST]
    found = User.objects.filter(pk__in=newest)
    if asked.by and asked.by != SYSTEM:
        # A union, for an OR of the two would look at every user there is.
        found = found.order_by().union(User.objects.filter(pk=asked.by).order_by())
    named = found.order_by("email").values_list("pk", "email")
    return [(str(pk), email) for pk, email in named]
