"""Reports where there is nothing yet: what is missing is said."""

import pytest
from django.test import Client

from console.reports.catalog import LISTED
from tests.console.reports.conftest import build, open_report


@pytest.mark.django_db
def test_an_empty_report_says_what_is_missing(finance: Client) -> None:
    for report in LISTED:
        shown = build(report.name)
        assert (shown.tables[0].rows, shown.chart) == ([], None), report.name
        assert shown.tables[0].empty
    page = open_report(finance, "cash").content.decode()
    assert "No money was booked in these months." in page
    assert "Export CSV" not in page
