"""Where a change came from: the door, the request and the address. Every audit event carries it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestContext:
    """One piece of work. `door` is console, api, import, job, command or shell."""

    door: str = "shell"
    request_id: str = ""
    ip: str | None = None


UNKNOWN = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("request_context", default=UNKNOWN)


def current() -> RequestContext:
    return _current.get()


@contextmanager
def use(context: RequestContext) -> Iterator[RequestContext]:
    """Everything recorded inside the block is marked as coming through this door."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
