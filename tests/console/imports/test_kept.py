"""What the database holds of imports, whoever writes: guards of runs, and previews of before."""

import json
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from console.imports import kept
from console.imports.outcome import Cell, Change, RowOutcome
from console.imports.standing import summary_of
from console.models import ImportFile, ImportKind, ImportRow, ImportRun, RunState
from tests.console.imports.builders import PLAN_ROW, plan_row, plans_csv, queued, staged
from tests.factories import NOW, REASON

pytestmark = pytest.mark.django_db

BEFORE = import_module("console.migrations.0010_background_imports").KEEP_WHAT_WAS_IMPORTED


def test_a_run_is_in_one_state_with_its_facts():
    _, run = queued(PLAN_ROW, kind=ImportKind.PLANS)
    over = {"finished_at": NOW}
    wrong = (
        {"reason": " "},
        {"rows_done": 2},
        {"heartbeat_at": NOW},
        {"finished_at": NOW},
        {"state": RunState.RUNNING},
        {"state": RunState.RUNNING, "heartbeat_at": NOW},
        {"state": RunState.DONE},
        {"state": RunState.FAILED, **over},
        {"state": RunState.DONE, "failure": "It broke.", **over},
        {"state": RunState.CANCELLED, **over},
        {"state": RunState.DONE, "cancelled_by": run.confirmed_by, **over},
    )
    for facts in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ImportRun.objects.filter(pk=run.pk).update(**facts)


def test_a_file_has_one_open_run():
    _, run = queued(PLAN_ROW, kind=ImportKind.PLANS)
    run.pk = None

    with pytest.raises(IntegrityError):
        run.save(force_insert=True)


def test_a_kept_row_changes_something():
    file, _ = queued(PLAN_ROW, kind=ImportKind.PLANS)

    with pytest.raises(IntegrityError):
        ImportRow.objects.filter(import_file=file).update(change="unchanged")


def test_previews_of_before_stay_where_they_were_imported_and_are_made_again_elsewhere():
    done, open_file = staged(plans_csv(PLAN_ROW)), staged(plans_csv(plan_row(slug="b")))
    rows = [
        [2, "solo", "Solo", "new", [["price", None, "19.00"]], "", 40],
        [3, "b", "B", "changed", [["price", "1.00", "2.00"]], "Mind it", 0],
        [4, "c", "C", "unchanged", [], "", 0],
    ]
    old = {"encoding": "UTF-8", "delimiter": "commas", "blank_lines": 1, "problems": []}
    files = ImportFile.objects.filter(pk__in=(done.pk, open_file.pk))
    emptied = staged(plans_csv(plan_row(slug="c")))
    files.update(preview=old | {"rows": rows}, fingerprint="f" * 64, previewed_at=NOW)
    imported = {"imported_at": NOW + timedelta(minutes=1), "imported_by": done.uploaded_by}
    ImportFile.objects.filter(pk__in=(done.pk, emptied.pk)).update(reason=REASON, **imported)

    with connection.cursor() as cursor:
        cursor.execute(BEFORE)

    done.refresh_from_db()
    assert summary_of(done).totals() == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "opening_credits": 40,
    }
    assert [kept.outcome(row) for row in done.rows.order_by("line")] == [
        RowOutcome(2, "solo", "Solo", Change.NEW, (Cell("price", None, "19.00"),), "", 40),
        RowOutcome(3, "b", "B", Change.CHANGED, (Cell("price", "1.00", "2.00"),), "Mind it", 0),
    ]
    emptied.refresh_from_db()
    assert emptied.preview == {}
    open_file.refresh_from_db()
    assert (summary_of(open_file), open_file.fingerprint, open_file.rows.count()) == (None, "", 0)
    assert json.dumps(open_file.preview) == "{}"
