"""The customers behind one number of the MRR report."""

from django.http import Http404
from django.urls import reverse

from billing.reports import mrr
from billing.reports.months import Month
from billing.reports.mrr import END, START, Change, Kind
from console.paging import whole_number
from console.reports.mrr_movement import COUNTED
from console.reports.report import Asked, Report, Shown
from console.reports.tables import CURRENCY, Cell, number, summed, text
from tenancy.models import Plan

COLUMNS = (
    text("Account"),
    text("Plan before"),
    text("Plan after"),
    text(CURRENCY),
    number("Before"),
    number("After"),
    number("Counted"),
)
WORDS = {START: "at the beginning", END: "at the end"} | {
    str(kind): str(kind.label).lower() for kind in Kind
}


def build(asked: Asked) -> Shown:
    """Of one plan, or of all of them. Raises Http404 for a number that there is none of."""
    month = Month.read(asked.params.get("month", ""))
    what = asked.params.get("show", "")
    if month is None or what not in WORDS:
        raise Http404
    plan = _plan(asked.params["plan"]) if "plan" in asked.params else None
    rows = [
        _cells(change, amount)
        for change in mrr.changes(month=month, now=asked.now)
        for name, of, amount in change.amounts()
        if name == what and (plan is None or of.id == plan.pk)
    ]
    return Shown(
        tables=(
            summed(
                "customers",
                f"{month}, {plan or 'all plans'}: {WORDS[what]}",
                COLUMNS,
                rows,
                empty="No customer is behind this number.",
            ),
        ),
    )


def _plan(key: str) -> Plan:
    number = whole_number(key)
    plan = Plan.objects.filter(pk=number).first() if number is not None else None
    if plan is None:
        raise Http404
    return plan


def _cells(change: Change, amount: object) -> list[Cell]:
    return [
        Cell(change.account, reverse("admin:tenancy_account_change", args=(change.account_id,))),
        Cell(change.plan_before.name if change.plan_before else ""),
        Cell(change.plan_after.name if change.plan_after else ""),
        Cell(change.currency),
        Cell(change.before),
        Cell(change.after),
        Cell(amount),
    ]


REPORT = Report(
    name="mrr-customers",
    title="MRR: the customers",
    question="Who is behind a number?",
    counted=COUNTED,
    build=build,
    has_period=False,
    is_part_of="mrr",
)
