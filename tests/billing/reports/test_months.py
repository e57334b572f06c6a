from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from billing.reports.months import Month, Months


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2025-11", Month(2025, 11)),
        (" 2025-11 ", Month(2025, 11)),
        ("2025-13", None),
        ("2025-00", None),
        ("2025-1", None),
        ("2025-11-01", None),
        ("1999-12", None),
        ("2100-01", None),
        ("２０２５-11", None),
        ("", None),
    ],
)
def test_reading(text: str, month: Month | None) -> None:
    assert Month.read(text) == month


def test_a_month_is_utc_from_its_first_moment_to_the_next_month() -> None:
    december = Month(2025, 12)

    assert (december.start, december.end) == (
        datetime(2025, 12, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert (december.first, december.last) == (date(2025, 12, 1), date(2025, 12, 31))
    assert (str(december), december.later(2), december.later(-12)) == (
        "2025-12",
        Month(2026, 2),
        Month(2024, 12),
    )


def test_a_moment_elsewhere_counts_in_its_month_in_utc() -> None:
    in_delhi = datetime(2025, 12, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert Month.of(in_delhi) == Month(2025, 11)
    assert Month.of(date(2024, 2, 29)).last == date(2024, 2, 29)


def test_several_in_a_row() -> None:
    months = Months.up_to(Month(2026, 1), 3)

    assert [str(month) for month in months] == ["2025-11", "2025-12", "2026-01"]
    assert len(months) == 3
    assert (str(months), months.days) == (
        "2025-11 to 2026-01",
        (date(2025, 11, 1), date(2026, 1, 31)),
    )
    with pytest.raises(ValueError, match="2025-10 is before 2025-11"):
        Months(Month(2025, 11), Month(2025, 10))
