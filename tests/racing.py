"""Several callers at the same moment, each in a thread with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from django.db import connection, models

from billing.services import proof
from tenancy.errors import ServiceError

SECONDS = 20


@dataclass(frozen=True)
class Outcome:
    """What one caller got: the result, or the refusal."""

    result: object = None
    refusal: ServiceError | None = None


def at_once(*calls: Callable[[], object]) -> list[Outcome]:
    """Start all calls together and wait for all; any error but a refusal is raised."""
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> Outcome:
        try:
            connection.ensure_connection()
            start.wait(SECONDS)
            return Outcome(result=call())
        except ServiceError as refusal:
            return Outcome(refusal=refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class Meeting:
    """Where naive callers wait for each other between their look and their write.

    A lucky schedule hides a missing lock; this makes the unlucky one certain.
    """

    def __init__(self, callers: int) -> None:
        self._barrier = Barrier(callers)

    def wait(self) -> None:
        self._barrier.wait(SECONDS)


def one_wins(outcomes: list[Outcome], refused_with: type[ServiceError]) -> object:
    """Exactly one caller got through, and each of the others was refused with this very error."""
    won = [outcome for outcome in outcomes if outcome.refusal is None]
    lost = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    assert len(won) == 1, f"{len(won)} of {len(outcomes)} got through"
    assert {type(refusal) for refusal in lost} == {refused_with}
    return won[0].result


def a_copy[M: models.Model](instance: M) -> M:
    """What another caller holds: the same row, read on its own."""
    return type(instance).objects.get(pk=instance.pk)


def books_agree() -> None:
    assert proof.differences() == []
