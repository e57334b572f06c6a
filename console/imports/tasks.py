"""The background task of an import, and when it is called again."""

from datetime import datetime

from django.utils import timezone
from django_tasks import task

from console.imports import worker


@task()
def carry_out_import(run_id: int) -> str:
    """Returns what came of it, in a word for the log of tasks."""
    return worker.work(run_id=run_id, clock=timezone.now, call_again=enqueue)


def enqueue(run_id: int, at: datetime | None = None) -> None:
    """Call a worker, in the caller's transaction; not before `at`."""
    carry_out_import.using(run_after=at).enqueue(run_id)
