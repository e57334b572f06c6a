"""The replica answers where there is one."""

import pytest
from django.conf import settings

from billing.reports.source import source


def test_the_replica_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source() == "default"
    monkeypatch.setitem(settings.DATABASES, "replica", {})
    assert source() == "replica"
