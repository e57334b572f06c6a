"""The background task of an import, and when it is called again."""

from datetime import datetime

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from console.imports import worker


@task()
def carry_out_import(run_id: int) -> str:
    """Returns what came of it, in a word for the log of tasks."""
    return worker.work(run_id=run_id, clock=timezone.now, call_again=enqueue)


def enqueue(run_id: int, at: datetime | None = None) -> None:
    """Call a worker, in the caller's transaction; not before `at`."""
    carry_out_import.using(run_after=at).enqueue(run_id)


def called_for() -> set[int]:
    """The runs that a worker will look at: a call for them is in the queue."""
    calls = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=carry_out_import.module_path
    )
    return {call["args"][0] for call in calls.values_list("args_kwargs", flat=True)}
