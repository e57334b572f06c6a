"""Small CSV files, staging and previewing them, and whether a preview told the truth."""

from collections.abc import Iterable
from dataclasses import dataclass
from unittest.mock import patch

from django.db import transaction

from console.imports import files
from console.imports.foresight import foresee_row
from console.imports.importer import RowRefused, Who
from console.imports.kept import outcome as of_row
from console.imports.opened import open_file
from console.imports.outcome import Change, RowOutcome, Summary
from console.imports.sheet import Problem
from console.models import ImportFile, ImportKind, ImportRun
from tenancy.errors import ServiceError
from tenancy.models import User
from tests.factories import NOW, REASON, TICKET, make_staff

PLAN_HEADINGS = (
    "slug,name,price,included_credits,max_sites,max_users,features,trial_days,is_public,position"
)
PLAN_ROW = "solo,Solo,19.00,300,1,1,ai_writer,0,yes,7"
ACCOUNT_HEADINGS = "slug,name,plan,owner_email,billing_email,payment_method,opening_credits"


def plans_csv(*rows: str, headings: str = PLAN_HEADINGS) -> bytes:
    return "\n".join((headings, *rows)).encode()


def accounts_csv(*rows: str, headings: str = ACCOUNT_HEADINGS) -> bytes:
    return "\n".join((headings, *rows)).encode()


def plan_row(**cells: str) -> str:
    """The ordinary plan row with some cells written otherwise."""
    values = dict(zip(PLAN_HEADINGS.split(","), PLAN_ROW.split(","), strict=True))
    return ",".join((values | cells).values())


def staged(
    content: bytes, *, kind: str = ImportKind.PLANS, by: User | None = None, name: str = "new.csv"
) -> ImportFile:
    return files.stage(
        kind=kind, name=name, content=content, by=by or make_staff("Finance"), now=NOW
    )


@dataclass(frozen=True)
class Preview:
    """A kept preview, read back. Its rows are those that change something."""

    summary: Summary
    rows: list[RowOutcome]
    problems: list[Problem]


def previewed(
    content: bytes, *, kind: str = ImportKind.PLANS, by: User | None = None
) -> tuple[ImportFile, Preview]:
    file = staged(content, kind=kind, by=by)
    summary = files.preview(import_file=file, by=file.uploaded_by, now=NOW)
    told_the_truth(content, kind=kind, by=file.uploaded_by)
    rows = [of_row(row) for row in file.rows.order_by("line")]
    found = file.problems.order_by("line", "id").values_list("line", "column", "value", "message")
    return file, Preview(summary, rows, [Problem(*problem) for problem in found])


def told_the_truth(content: bytes, *, kind: str = ImportKind.PLANS, by: User | None = None) -> None:
    """Each row by itself through the services, and undone: it does what was foreseen of it."""
    opened = open_file(kind=kind, content=content)
    who = Who(by=by or make_staff("Finance"), reason="A test", ticket_url="", now=NOW)
    for chunk in opened.chunks():
        for line, cells in chunk:
            foreseen = foresee_row(opened.importer, line, cells, who)
            if getattr(foreseen[0], "change", None) == Change.UNCHANGED:
                continue  # is never done
            assert _done(opened.importer, line, cells, who) == foreseen


def _done(importer, line, cells, who) -> list[RowOutcome | Problem]:
    try:
        with transaction.atomic():
            done = importer.do(line=line, cells=cells, who=who)
            transaction.set_rollback(True)
            return [done]
    except RowRefused as refused:
        return refused.problems
    except ServiceError as refusal:
        return [importer.refused(line, cells, refusal)]


def queued(
    *rows: str, by: User | None = None, kind: str = ImportKind.ACCOUNTS
) -> tuple[ImportFile, ImportRun]:
    """A confirmed file that waits for a worker, however few rows it has."""
    content = accounts_csv(*rows) if kind == ImportKind.ACCOUNTS else plans_csv(*rows)
    file = staged(content, kind=kind, by=by)
    files.preview(import_file=file, by=file.uploaded_by, now=NOW)
    with patch.object(files, "BACKGROUND_ABOVE", 0):
        confirmed = files.confirm(
            import_file=file,
            fingerprint=file.fingerprint,
            by=file.uploaded_by,
            reason=REASON,
            ticket_url=TICKET,
            now=NOW,
        )
    return file, confirmed.run


def problems(content: bytes, kind: str = ImportKind.PLANS) -> list[Problem]:
    return previewed(content, kind=kind)[1].problems


def only(found: Iterable[Problem]) -> Problem:
    (problem,) = found
    return problem
