"""A real worker process, killed in the middle of an import."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from billing.models import CreditTransaction
from console.imports.tasks import carry_out_import
from console.models import ImportRun, RunState
from dev.places import ROOT
from tenancy.models import Account
from tests.console.imports.builders import queued
from tests.dev.test_embedded_postgres import wait_until
from tests.factories import make_plan

WAITING = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def asked(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def start_worker() -> subprocess.Popen:
    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "db_worker", "--no-startup-delay"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.usefixtures("committed")
def test_killed_midway_it_leaves_nothing_and_is_done_by_the_next_one() -> None:
    make_plan(slug="starter")
    make_plan(slug="held")
    _, run = queued("one,One,starter,,,,100", "two,Two,held,,,,200")
    before = asked(OTHERS)
    # The second account waits for its plan's row, and the worker with it.
    holding = connection.copy()
    holding.set_autocommit(False)
    with holding.cursor() as cursor:
        cursor.execute("SELECT 1 FROM igny8_plans WHERE slug = 'held' FOR UPDATE")
    process = start_worker()
    try:
        wait_until(lambda: asked(WAITING) == 1)
    finally:
        process.kill()
        process.wait()
        holding.close()
    wait_until(lambda: asked(OTHERS) == before)

    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.RUNNING, 1)
    assert not Account.objects.exists()
    assert not CreditTransaction.objects.exists()
    begun, next_look = DBTaskResult.objects.order_by("enqueued_at")
    assert (begun.status, next_look.status) == ("RUNNING", "READY")
    assert next_look.run_after > begun.started_at

    assert carry_out_import.call(*next_look.args_kwargs["args"]) == "done"

    assert ImportRun.objects.get().state == RunState.DONE
    assert sum(CreditTransaction.objects.values_list("amount", flat=True)) == 300
    assert Account.objects.count() == 2
