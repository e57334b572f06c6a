"""The Reconcile screen: the queue with its suggestions, one line, and what a bulk confirm did."""

from dataclasses import asdict, dataclass
from datetime import UTC, date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from unfold.views import UnfoldSiteViewMixin

from billing.models import OPEN_LINE, Payment, StatementLine
from billing.services import allocations
from console.account_page.verbs import VerbLink
from console.actions.choices import code_of, read_choice
from console.actions.line_payments import Apply
from console.paginator import BoundedPaginator
from console.reconcile import bulk, filters, links, search
from console.reconcile.forms import ConfirmForm
from console.reconcile.rows import Row, Way, named, rows
from console.reconcile.search import Hit
from console.reconcile.totals import totals
from tenancy.models import Account, AuditEvent, User
from tenancy.records import record

LINES_PER_PAGE = 50
APPLY = "billing.apply_statementline"
RESULTS = "reconcile_results"  # in the session: what the latest bulk confirm did


class ReconcilePage(UnfoldSiteViewMixin):
    title = "Reconcile"
    permission_required = "billing.view_statementline"

    def show(self, template: str, **context: Any) -> HttpResponse:
        return render(self.request, template, self.get_context_data(**context))


class Queue(ReconcilePage):
    """GET shows what is open; POST confirms what was ticked, each line on its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._queue(request, ConfirmForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        by = User.objects.get(pk=request.user.pk)  # services compare and store the real person
        if not request.user.has_perm(APPLY):
            refusal = "No permission."
            record(
                Apply.name,
                by=by,
                reason=refusal,
                target=StatementLine(),
                account=None,
                after={"refused_because": refusal},
                result=AuditEvent.Result.REFUSED,
            )
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self._queue(request, form)
        results = bulk.confirm(
            ticks=form.ticks(),
            token=form.cleaned_data["token"],
            by=by,
            reason=form.cleaned_data["reason"],
        )
        request.session[RESULTS] = {
            "rows": [asdict(result) for result in results],
            "back": request.get_full_path(),
        }
        return redirect("admin:reconcile_result")

    def _queue(self, request: HttpRequest, form: ConfirmForm) -> HttpResponse:
        today = _today()
        open_totals = totals(today=today)
        filter_form = filters.FilterForm(
            request.GET, currencies=[total.currency for total in open_totals]
        )
        chosen = filter_form.chosen()
        found = filters.lines(chosen, today=today).select_related("statement")
        page = BoundedPaginator(found, LINES_PER_PAGE).get_page(request.GET.get("page"))
        ticked = {tick.line for tick in form.ticks()} if form.is_bound else None
        shown = rows(list(page), today=today, ticked=ticked)
        here = request.get_full_path()
        return self.show(
            "console/reconcile/queue.html",
            totals=open_totals,
            filter_form=filter_form,
            is_filtered=bool(chosen),
            page=page,
            rows=[(row, links.line_page(row.line, back=here)) for row in shown],
            previous=filters.address(request.GET, page=page.number - 1),
            next=filters.address(request.GET, page=page.number + 1),
            ticked=sum(row.is_ticked for row in shown),
            form=form,
            may_apply=request.user.has_perm(APPLY),
            here=here,
        )


@dataclass(frozen=True)
class Offer:
    """A suggestion or a hit of the search, with what the person may do with it."""

    way: Way | None
    hit: Hit | None
    verbs: list[VerbLink]
    to_split: str


class LinePage(ReconcilePage):
    """One line: what it may be for, the search for anything else, and where its money went."""

    def get(self, request: HttpRequest, line_id: int) -> HttpResponse:
        line = StatementLine.objects.select_related("statement").filter(pk=line_id).first()
        if line is None:
            raise Http404
        is_open = line.state in OPEN_LINE
        back, person = links.queue_of(request), request.user
        (row,) = rows([line], today=_today())
        parts = self._parts(row) if is_open else ()
        term = request.GET.get("q", "")
        hits = search.find(term) if is_open else []
        return self.show(
            "console/reconcile/line.html",
            title=f"Reconcile: {line}",
            line=line,
            row=row,
            is_open=is_open,
            back=back,
            term=term,
            suggestions=[self._of_way(line, way, parts, back) for way in row.ways],
            hits=[self._of_hit(line, hit, parts, back) for hit in hits],
            parts=[(part, self._address(parts, without=part)) for part in parts],
            part_codes=[code_of(part) for part in parts],
            split=links.to_split(line, parts, person=person, back=back),
            aside=links.aside(line, person=person, back=back),
            placed=allocations.standing()
            .filter(line=line)
            .select_related("payment", "account", "created_by"),
        )

    def _parts(self, row: Row) -> tuple[Payment | Account, ...]:
        """What was chosen for a split; until then, what the line itself names."""
        if "part" in self.request.GET:
            return read_choice(self.request.GET).parts
        ways = [way.suggestion for way in row.ways]
        payments = named(ways)
        return tuple(payments) if len(payments) > 1 else ()

    def _of_way(self, line: StatementLine, way: Way, parts: tuple, back: str) -> Offer:
        payment = way.suggestion.payment
        facts = {"person": self.request.user, "back": back}
        if not way.suggestion.is_usable:
            verbs = links.to_account(line, payment.account, **facts)
        elif way.is_link:
            verbs = links.to_booked(line, payment, **facts)
        else:
            verbs = links.to_payment(line, payment, **facts)
        may_split = way.suggestion.is_usable and not way.is_link and payment not in parts
        return Offer(way, None, verbs, self._more(parts, payment) if may_split else "")

    def _of_hit(self, line: StatementLine, hit: Hit, parts: tuple, back: str) -> Offer:
        facts = {"person": self.request.user, "back": back}
        payment = hit.payment if hit.payment is not None and hit.payment.is_open else None
        verbs = links.to_payment(line, payment, **facts) if payment else []
        verbs += links.to_account(line, hit.account, **facts)
        part = payment or hit.account
        return Offer(None, hit, verbs, "" if part in parts else self._more(parts, part))

    def _more(self, parts: tuple, part: Any) -> str:
        if not self.request.user.has_perm(APPLY):
            return ""
        return self._address((*parts, part))

    def _address(self, parts: tuple, *, without: Any = None) -> str:
        """This page with these parts chosen for a split."""
        query = {
            "q": self.request.GET.get("q", ""),
            # Empty, but there, once the last one is left out: else what the line names came back.
            "part": [code_of(part) for part in parts if part != without] or [""],
            "back": links.queue_of(self.request),
        }
        return f"?{urlencode({name: value for name, value in query.items() if value}, doseq=True)}"


class Result(ReconcilePage):
    """What became of each line of the person's latest bulk confirm."""

    title = "Reconcile: result"

    def get(self, request: HttpRequest) -> HttpResponse:
        kept = request.session.get(RESULTS, {"rows": [], "back": reverse("admin:reconcile")})
        results = [bulk.Result(**values) for values in kept["rows"]]
        return self.show(
            "console/reconcile/result.html",
            results=results,
            done=sum(result.is_done for result in results),
            refused=sum(not result.is_done for result in results),
            repeated=bool(results) and all(result.is_repeated for result in results),
            back=kept["back"],
        )


def _today() -> date:
    return timezone.now().astimezone(UTC).date()
