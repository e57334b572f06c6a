"""A worker that runs inside the test, and what happens while it does a row."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connections

from billing.models import CreditTransaction
from console.imports import worker
from console.models import ImportFile, ImportRun
from tenancy.models import Account, User
from tests.factories import NOW

ROWS = (
    "one,One,starter,ann@one.example,,,100",
    "two,Two,starter,,,,200",
    "three,Three,starter,,,,0",
)
LATER = NOW + timedelta(minutes=2)

type Meanwhile = Callable[[Callable[[], object]], None]


def elsewhere(act: Callable[[], object]) -> object:
    """With another connection."""

    def run() -> object:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def work(run: ImportRun, calls: list[datetime] | None = None, at: datetime = LATER) -> str:
    def call_again(run_id: int, when: datetime) -> None:
        assert run_id == run.pk
        if calls is not None:
            calls.append(when)

    return worker.work(run_id=run.pk, clock=lambda: at, call_again=call_again)


def nothing_is_there() -> bool:
    return not (
        Account.objects.exists()
        or CreditTransaction.objects.exists()
        or User.objects.filter(is_staff=False).exists()
        or ImportFile.objects.filter(imported_at__isnull=False).exists()
    )
