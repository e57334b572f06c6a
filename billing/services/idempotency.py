"""A request sent twice is answered once: the answers of the API, kept for a day by their key."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.models import IdempotencyRecord
from billing.services.ledger import check_key, in_progress, reused
from tenancy.models import Account

KEPT_FOR = timedelta(hours=24)
# 402, 409 and 429 say “not now”: the same request may succeed later, so it is tried again.
NOT_FINAL = frozenset({402, 409, 429})

# The lock is held to the transaction's end. It is taken before the record is read, in a statement
# of its own: the two in one would read what was there before the lock was had.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))"

type Answer = tuple[int, object]


def run(
    *,
    account: Account,
    route: str,
    key: str,
    fingerprint: str,
    perform: Callable[[], Answer],
) -> tuple[int, object, bool]:
    """Answer a request by `perform`, or as it was answered before: (HTTP status, body, replayed).

    `route` names method and path, and the site where one calls; `fingerprint` is the SHA-256 of
    the request. Work and answer are one transaction. What `perform` did is undone when it returns
    400 or more or raises. Answers of 2xx, 3xx and final 4xx are kept for a day; 402, 409, 429 and
    5xx never. The body must be JSON and is kept in clear: an answer that tells a secret must not
    come through here.

    Raises InvalidValue for a key that is not 1 to 255 printable ASCII characters,
    RequestInProgress, IdempotencyKeyReused.
    """
    check_key(key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, (f"{route} {key}", account.pk))
            if not cursor.fetchone()[0]:
                raise in_progress()
        earlier = IdempotencyRecord.objects.filter(account=account, route=route, key=key).first()
        if earlier is not None:
            if earlier.fingerprint != fingerprint:
                raise reused()
            return earlier.status, earlier.body, True
        with transaction.atomic():
            status, body = perform()
            if status >= 400:
                transaction.set_rollback(True)
        if status < 500 and status not in NOT_FINAL:
            IdempotencyRecord.objects.create(
                account=account,
                route=route,
                key=key,
                fingerprint=fingerprint,
                status=status,
                body=body,
            )
    return status, body, False


def purge(*, now: datetime) -> int:
    """Forget the answers older than 24 hours at `now`; returns how many. Safe to run again."""
    deleted, _ = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT_FOR).delete()
    return deleted
