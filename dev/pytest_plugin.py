"""Gives the tests settings and a PostgreSQL server of their own, before Django reads its settings.

Loaded with `-p dev.pytest_plugin` (pyproject.toml). A DATABASE_URL in the environment is used
instead of the embedded server. Whatever else is set is put aside: tests run alike everywhere.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from dev import template_database
from dev.embedded_postgres import use
from dev.places import Refused

SETTINGS = {
    "IGNY8_DEMO": "0",
    "IGNY8_SECURE": "0",
    "IGNY8_SECRET_KEY": "only-for-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "IGNY8_FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItdGhlLXRlc3RzLTAxMjM0NTY3ODkwMTI=",
    "IGNY8_ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "IGNY8_EMAIL_URL": "memorymail://",
    "IGNY8_FROM_EMAIL": "billing@igny8.example",
    "IGNY8_BANK_ACCOUNT_NAME": "IGNY8 Tests",
    "IGNY8_BANK_IBAN": "GB82WEST12345698765432",
    "IGNY8_BANK_BIC": "WESTGB22",
    "IGNY8_BANK_NAME": "Test Bank",
    "IGNY8_LOG_LEVEL": "WARNING",
}
# Compiled tests are kept between runs, whatever the shell says: compiling all takes 5 s a worker.
sys.dont_write_bytecode = False

# Settings of a place, not of a test.
TEMPLATE = "TEST_DATABASE_TEMPLATE"
# Long files first: one that begins last would be waited for alone. xdist's own order, by the number
# of tests, begins with the quickest.
FIRST = [
    "tests/browser/",
    "tests/dev/test_run.py",
    "tests/test_verbs.py",
    "tests/console/admin/",
    "tests/dev/",
    "tests/api/",
    "tests/console/",
    "tests/billing/",
]
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108
PUT_ASIDE = [TEMPLATE, "REDIS_URL", "REPLICA_URL", "PORT", "DATA_DIR"]


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """A wrapper runs before pytest-django's own hook, which loads the settings."""
    is_worker = (
        "PYTEST_XDIST_WORKER" in os.environ
    )  # it has all this from the process that started it
    if not is_worker:
        prepare_environment()
        if not os.environ.get("DATABASE_URL"):
            start_server(early_config)
    return (yield)


def prepare_environment() -> None:
    for name in [name for name in os.environ if name.startswith("IGNY8_") or name in PUT_ASIDE]:
        del os.environ[name]
    os.environ.update(SETTINGS)


def start_server(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="igny8-tests-", dir=_in_memory()))
    try:
        template_database.copy_to(folder)
        server = use(folder=folder, temporary=True)
    except Refused as error:
        raise pytest.UsageError(str(error)) from None
    os.environ["DATABASE_URL"] = server.url
    os.environ[TEMPLATE] = "igny8"
    config.add_cleanup(server.close)


def _in_memory() -> Path | None:
    """Where files are memory, if there is room: a commit waits for the disk, a test need not."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from django.db import connection

    if TEMPLATE in os.environ:  # all migrations are in it, and creating from it takes no time
        connection.settings_dict["TEST"]["TEMPLATE"] = os.environ[TEMPLATE]
    # Argon2 is slow on purpose; no test is about how slow.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Static files straight from where they lie: tests come without collectstatic.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.STATIC_ROOT = None
    settings.WHITENOISE_USE_FINDERS = True
    # Looked for when asked for: else every test client looks through all of them first.
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        numbers = (number for number, start in enumerate(FIRST) if item.nodeid.startswith(start))
        return next(numbers, len(FIRST))

    items.sort(key=rank)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What all tests share lives to the end: nobody need look through it for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # objects of a test die young, most without any collector
