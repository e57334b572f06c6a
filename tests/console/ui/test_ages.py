"""How long ago and how long until, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from console.ages import age_text, span_text

NOW = datetime(2025, 11, 12, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=3), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=59, hours=23), "59 days"),
        (timedelta(days=60), "2 months"),
        (timedelta(days=400), "13 months"),
    ],
)
def test_the_unit_that_matters(span: timedelta, text: str) -> None:
    assert span_text(span) == text
    assert age_text(NOW - span, now=NOW) == f"{text} ago"
    assert age_text(NOW + span, now=NOW) == f"in {text}"
