"""What is kept for a time and then thrown away. Nothing here is a record of money or of a verb."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from billing.services import idempotency, statement_uploads
from console.imports import forgetting
from console.models import OneTimeToken
from tenancy.api import counters, tokens

# An uploaded file that nobody confirmed, and the answer of a form that somebody may post again.
UNUSED_FOR = timedelta(days=7)
# Who tried to sign in from where, and the worker's finished jobs.
LOOKED_BACK_FOR = timedelta(days=30)
# What stood in an imported file: names and addresses, of accounts that may be purged by then.
IMPORTS_KEPT_FOR = timedelta(days=90)
FINISHED = (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)


def forget(*, now: datetime) -> dict[str, int]:
    """Remove what is over at `now`; how many of each. Safe to run again and twice at once."""
    recently, lately = now - UNUSED_FOR, now - LOOKED_BACK_FOR
    return {
        "sign-in tokens": tokens.forget_expired(now=now),
        "call counters": counters.forget_old(),
        "kept answers": idempotency.purge(now=now),
        "unconfirmed imports": forgetting.forget_unconfirmed(before=recently),
        "unconfirmed statements": statement_uploads.forget_unconfirmed(before=recently),
        "contents of imports": forgetting.forget_contents(before=now - IMPORTS_KEPT_FOR),
        "used forms": OneTimeToken.objects.filter(used_at__lt=recently).delete()[0],
        "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "sign-in attempts": AccessAttempt.objects.filter(attempt_time__lt=lately).delete()[0]
        + AccessLog.objects.filter(attempt_time__lt=lately).delete()[0],
        "finished jobs": DBTaskResult.objects.filter(
            status__in=FINISHED, finished_at__lt=lately
        ).delete()[0],
        # Their workers died: no job takes so long, and none is taken up again. An import of which
        # this was the only call is begun again by the step before this one.
        "jobs cut off": DBTaskResult.objects.filter(
            status=TaskResultStatus.RUNNING, started_at__lt=lately
        ).delete()[0],
    }
