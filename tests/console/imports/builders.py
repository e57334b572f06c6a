"""Small CSV files, and staging them."""

from collections.abc import Iterable

from console.imports import files
from console.imports.outcome import Outcome
from console.imports.sheet import Problem
from console.models import ImportFile, ImportKind
from tenancy.models import User
from tests.factories import NOW, make_staff

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


def previewed(
    content: bytes, *, kind: str = ImportKind.PLANS, by: User | None = None
) -> tuple[ImportFile, Outcome]:
    file = staged(content, kind=kind, by=by)
    return file, files.preview(import_file=file, by=file.uploaded_by, now=NOW)


def problems(content: bytes, kind: str = ImportKind.PLANS) -> list[Problem]:
    return previewed(content, kind=kind)[1].problems


def only(found: Iterable[Problem]) -> Problem:
    (problem,) = found
    return problem
