"""Which database the reports read: the replica where there is one."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

REPLICA = "replica"


def source() -> str:
    """Its alias. A replica may lag behind; the lists behind the numbers are not read there."""
    return REPLICA if REPLICA in settings.DATABASES else DEFAULT_DB_ALIAS
