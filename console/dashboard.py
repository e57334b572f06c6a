"""The first page: the work that waits, in the order of the person's job."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from billing.models import LedgerProof, MoneyProof
from console import dashboard_figures, groups, queues
from console.dashboard_jobs import Job, job_of
from console.queues import Queue, Standing
from console.reports.pages import VIEW
from tenancy.models import AuditEvent, User

LATEST = 8
# The nightly proof may run a little late; after that something is wrong with it.
PROOF_IS_OLD = timedelta(hours=26)
PROOFS = ((LedgerProof, "proof"), (MoneyProof, "money_proof"))


@dataclass(frozen=True)
class Section:
    """Queues that belong together; `idle` is said when none of them holds anything."""

    code: str
    title: str
    queues: tuple[Queue, ...]
    idle: str = "Nothing to do."


MONEY = Section(
    "money",
    "Money",
    (
        queues.TRANSFERS_WAITING,
        queues.RENEWALS_OVERDUE,
        queues.UNMATCHED_MONEY,
        queues.UNAPPLIED_MONEY,
        queues.WAITING_TOO_LONG,
        queues.CREDITS_FROZEN,
    ),
)
CUSTOMERS = Section(
    "customers",
    "Customers",
    (
        queues.TRIALS_ENDING,
        queues.TRIALS_OVER,
        queues.NO_CREDITS,
        queues.SUSPENDED_LATELY,
    ),
)
APPROVALS = Section("approvals", "Approvals", (queues.APPROVALS_WAITING,))
AUDIT = Section(
    "audit", "Audit", (queues.REFUSED_LATELY,), "No attempt was refused in the last 7 days."
)
STAFF = Section("staff", "Staff and limits", ())

# Who has several groups gets the order of the first that stands here.
ORDER: dict[str, tuple[Section, ...]] = {
    groups.FINANCE.name: (MONEY, APPROVALS, CUSTOMERS),
    groups.APPROVER.name: (APPROVALS, MONEY, CUSTOMERS),
    groups.SUPPORT.name: (CUSTOMERS, MONEY, APPROVALS),
    groups.AUDITOR.name: (AUDIT, APPROVALS, MONEY, CUSTOMERS),
    groups.ADMINISTRATOR.name: (AUDIT, STAFF, CUSTOMERS, MONEY, APPROVALS),
}
EVERYTHING = (MONEY, CUSTOMERS, APPROVALS, AUDIT, STAFF)


@dataclass(frozen=True)
class Shown:
    """A section with the standings of its queues, and the button of each."""

    section: Section
    standings: list[Standing]
    jobs: list[Job | None]

    @property
    def is_idle(self) -> bool:
        return not any(standing.count for standing in self.standings)

    @property
    def cards(self) -> list[tuple[Standing, Job | None]]:
        return list(zip(self.standings, self.jobs, strict=True))


@dataclass(frozen=True)
class Proof:
    """The latest proof; `template` says in words what it found."""

    latest: LedgerProof | MoneyProof | None
    is_old: bool
    template: str

    @property
    def is_well(self) -> bool:
        return self.latest is not None and not self.latest.differences and not self.is_old


def context(request: HttpRequest) -> dict[str, object]:
    now = timezone.now()
    person = request.user
    sections = _sections_of(person)
    wanted = tuple(
        queue
        for section in sections
        for queue in section.queues
        if person.has_perm(queue.permission)
    )
    standings = queues.standings(now=now, queues=wanted, person=person)
    shown = [_shown(section, standings, person) for section in sections]
    shows_audit = AUDIT in sections and person.has_perm("tenancy.view_auditevent")
    shows_staff = STAFF in sections and person.has_perm("tenancy.manage_staff")
    return {
        "sections": shown,
        "first": _first(shown),
        "proofs": [
            _proof(model, template, now)
            for model, template in PROOFS
            if person.has_perm(f"billing.view_{model._meta.model_name}")
        ],
        # Of who answers for the books, the proofs come first; else they stand with the money.
        "proofs_in": "audit" if AUDIT in sections else "money",
        "figures": dashboard_figures.drawn(now=now) if person.has_perm(VIEW) else None,
        "events": _latest_events() if shows_audit else None,
        "staff": _staff() if shows_staff else None,
    }


def _shown(section: Section, standings: dict[str, Standing], person: User) -> Shown:
    mine = [standings[queue.code] for queue in section.queues if queue.code in standings]
    return Shown(section, mine, [job_of(standing.queue, person) for standing in mine])


def _sections_of(person: User) -> tuple[Section, ...]:
    if person.is_superuser:
        return EVERYTHING
    names = set(person.groups.values_list("name", flat=True))
    return next((sections for name, sections in ORDER.items() if name in names), ())


def _first(shown: list[Shown]) -> Standing | None:
    """Where the person's day begins: its button is the page's primary one."""
    cards = (card for part in shown for card in part.cards)
    return next((standing for standing, job in cards if standing.count and job), None)


def _proof(model: type[LedgerProof] | type[MoneyProof], template: str, now: datetime) -> Proof:
    latest = model.objects.order_by("-id").first()
    is_old = latest is not None and latest.at < now - PROOF_IS_OLD
    return Proof(latest, is_old, f"console/dashboard/{template}.html")


def _latest_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.select_related("account").order_by("-id")[:LATEST])


def _staff() -> list[Group]:
    """The groups with how many people are in each, and their limits for granting."""
    active = Q(user__is_active=True, user__is_staff=True)
    return list(
        Group.objects.select_related("grant_limit")
        .annotate(people=Count("user", filter=active))
        .order_by("name")
    )
