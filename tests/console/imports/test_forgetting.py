"""What imports told of customers goes: when an account is purged, and all of it in the end."""

import pytest
from django.db import connection
from django.test import Client

from console import daily
from console.imports import files, forgetting, kept
from console.imports.carry_out import PreviewOutdated, for_the_record, outdated
from console.imports.sheet import Problem
from console.models import ImportFile, ImportKind, ImportRun, RunState
from tenancy.models import Account
from tests.console.imports.builders import accounts_csv, staged
from tests.factories import DAY, NOW, REASON, make_plan, make_staff, put

pytestmark = pytest.mark.django_db

CANARY = "quetzal"
TABLES = {"igny8_import_files", "igny8_import_rows", "igny8_import_problems", "igny8_import_runs"}


def tables_that_tell_of(word: str) -> set[str]:
    found = set()
    with connection.cursor() as cursor:
        for table in TABLES:
            statement = f"SELECT 1 FROM {table} t WHERE t::text ILIKE %s LIMIT 1"  # noqa: S608
            cursor.execute(statement, [f"%{word}%"])
            found |= {table} if cursor.fetchone() else set()
    return found


@pytest.fixture
def imported() -> ImportFile:
    """Two accounts, imported at the second attempt."""
    make_plan(slug="starter", name="Starter")
    by = make_staff("Finance")
    ours = f"{CANARY},{CANARY} Ltd,starter,ann@{CANARY}.example,,,5"
    file = staged(accounts_csv(ours, "two,Two,starter,,,,"), kind=ImportKind.ACCOUNTS, by=by)
    files.preview(import_file=file, by=by, now=NOW)
    failed = ImportRun.objects.create(
        import_file=file,
        state=RunState.FAILED,
        failure=f"Line 2 ({CANARY}): name was “{CANARY}”",
        confirmed_by=by,
        reason=REASON,
        queued_at=NOW,
        finished_at=NOW,
        rows_total=2,
    )
    kept.keep_problems(file, [Problem.at(2, "slug", CANARY, f"{CANARY}?")], run=failed)
    files.confirm(import_file=file, fingerprint=file.fingerprint, by=by, reason=REASON, now=NOW)
    return file


def test_a_purged_account_is_forgotten_by_the_file_it_came_with(
    imported: ImportFile, client: Client
) -> None:
    assert tables_that_tell_of(CANARY) == TABLES - {"igny8_import_files"}
    gone = Account.objects.get(slug=CANARY)
    put(gone, is_deleted=True, deleted_at=NOW, restore_until=NOW + DAY)

    assert daily.purge_deleted(NOW + 2 * DAY) == (True, f"1 purged: account {gone.pk}")

    assert tables_that_tell_of(CANARY) == set()
    imported.refresh_from_db()
    assert bytes(imported.content) == b""
    # The others' rows stay, with the figures, and the page shows them.
    assert list(imported.rows.values_list("slug", flat=True)) == ["two"]
    client.force_login(imported.imported_by)
    page = client.get(f"/admin/tenancy/account/import/{imported.pk}/").content.decode()
    assert "Two" in page
    assert CANARY not in page
    assert CANARY not in client.get("/admin/console/importrun/").content.decode()


def test_in_the_end_all_of_it_goes_but_who_and_when(imported: ImportFile) -> None:
    assert forgetting.forget_contents(before=NOW) == 0

    assert forgetting.forget_contents(before=NOW + DAY) == 1

    assert tables_that_tell_of(CANARY) == set()
    imported.refresh_from_db()
    assert (bytes(imported.content), imported.preview) == (b"", {})
    assert (imported.imported_by, imported.imported_at) == (imported.uploaded_by, NOW)
    assert (imported.runs.get().failure, imported.runs.get().reason) == ("removed", REASON)
    assert forgetting.forget_contents(before=NOW + DAY) == 0


def test_the_audit_trail_names_lines_and_no_customer() -> None:
    first, second = (Problem.at(line, "slug", CANARY, f"{CANARY}!") for line in (2, 3))
    told = [for_the_record(outdated(*found)) for found in ((first,), (first, second))]

    assert told == [
        "Since the preview line 2 changed. Nothing was imported.",
        "Since the preview line 2 and 1 more changed. Nothing was imported.",
    ]
    assert for_the_record(PreviewOutdated("Another preview.")) == "Another preview."
    assert "something else" in for_the_record(outdated(Problem.at(0, "", "", CANARY)))
