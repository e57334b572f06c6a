"""Two questions of a load balancer: are you alive, and may I send you people?"""

from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from console.errors import read_only

# Off, a server can lose what it has confirmed. Other values ("local", "remote_apply") is durable.
DURABILITY = ["fsync", "full_page_writes", "synchronous_commit"]


@read_only
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about the database, whose fault no restart mends."""
    return JsonResponse({"status": "ok"})


@read_only
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database is reachable, up to date and durable; else 503 and what is wrong."""
    checks = {"database": "ok", "migrations": "unknown", "durability": "unknown"}
    try:
        checks["migrations"] = migrations()
        checks["durability"] = durability()
    except DatabaseError:
        checks["database"] = "unreachable"
    ready = set(checks.values()) == {"ok"}
    answer = {"status": "ready" if ready else "not ready", "checks": checks}
    return JsonResponse(answer, status=200 if ready else 503)


def migrations() -> str:
    missing = migrations_on_disk() - MigrationRecorder(connection).applied_migrations().keys()
    return f"{len(missing)} not applied" if missing else "ok"


@lru_cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """The migrations of this release. Read once: a process runs one release."""
    return frozenset(MigrationLoader(None).disk_migrations)


def durability() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'", [DURABILITY]
        )
        off = [name for (name,) in cursor.fetchall()]
    return f"{', '.join(sorted(off))} off" if off else "ok"
