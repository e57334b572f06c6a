"""Count a call and say how many there were, atomically: of 600 at once, exactly the limit pass."""

import logging
from functools import lru_cache
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db import connection

from tenancy.round_trip import one_row

logger = logging.getLogger(__name__)

# A window begins with its first call. statement_timestamp: a test's transaction stands still.
_COUNT = """
INSERT INTO igny8_throttle_counters AS t (key, calls, resets_at)
SELECT {key}, 1, statement_timestamp() + make_interval(secs => %s) {whose}
ON CONFLICT (key) DO UPDATE SET
    calls = CASE WHEN t.resets_at <= statement_timestamp() THEN 1 ELSE t.calls + 1 END,
    resets_at = CASE WHEN t.resets_at <= statement_timestamp() THEN EXCLUDED.resets_at
                     ELSE t.resets_at END
RETURNING calls, EXTRACT(EPOCH FROM resets_at - statement_timestamp())::float
"""
COUNT = _COUNT.format(key="%s::text", whose="")
# The same for the account of `who`, another part of the statement; without one, nothing is counted.
COUNT_WHO = _COUNT.format(
    key="%s::text || who.account_id", whose="FROM who WHERE who.account_id IS NOT NULL"
)
FORGET = "DELETE FROM igny8_throttle_counters WHERE resets_at < now() - interval '1 hour'"


class Count(NamedTuple):
    """This call's number in its window, and the seconds until the next window."""

    calls: int
    seconds_left: float


class RedisClient(Protocol):
    def pipeline(self, transaction: bool = True) -> object: ...


def count(key: str, *, seconds: int) -> Count:
    """Count one call. Redis does it where there is one; without it, PostgreSQL."""
    if settings.REDIS_URL:
        try:
            return count_in_redis(_redis(settings.REDIS_URL), key, seconds=seconds)
        except Exception as fault:
            if not _is_redis_away(fault):
                raise
            logger.warning("Redis does not answer; calls are counted in PostgreSQL")
    return Count(*one_row(COUNT, (key, seconds)))


def count_in_redis(client: RedisClient, key: str, *, seconds: int) -> Count:
    # MULTI/EXEC: no call slips between counting and setting the end of the window.
    pipe = client.pipeline(transaction=True)
    pipe.incr(f"igny8:calls:{key}")
    pipe.expire(f"igny8:calls:{key}", seconds, nx=True)
    pipe.pttl(f"igny8:calls:{key}")
    calls, _, milliseconds = pipe.execute()
    return Count(calls, max(milliseconds, 0) / 1000)


def forget_old() -> int:
    """Remove the counters of those who have not called for an hour."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
        return cursor.rowcount


@lru_cache
def _redis(url: str) -> RedisClient:
    # Installed only where REDIS_URL is set.
    import redis

    return redis.Redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)


def _is_redis_away(fault: Exception) -> bool:
    # redis.ConnectionError is none of Python's.
    return isinstance(fault, OSError) or type(fault).__module__.startswith("redis.")
