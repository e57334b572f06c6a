"""The months in an address, and what is said when there are none."""

from datetime import date

import pytest

from console.reports import period

TODAY = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"from": "2025-13"}, "“2025-13” is no month. Write it like 2025-12."),
        ({"to": "9" * 5000}, "“9999999999999999999…” is no month. Write it like 2025-12."),
        ({"from": "2025-12", "to": "2025-11"}, "2025-12 is after 2025-11."),
        ({"from": "2026-01"}, "2026-01 has not begun."),
        (
            {"from": "2020-01", "to": "2025-12"},
            "2020-01 to 2025-12 are 72 months; at most 36 are shown.",
        ),
    ],
)
def test_no_period(asked: dict[str, str], problem: str) -> None:
    found = period.read(asked, today=TODAY)

    assert found.problem == problem
    assert str(found.months) == "2025-01 to 2025-12"


@pytest.mark.parametrize(
    ("asked", "months"),
    [
        ({}, "2025-01 to 2025-12"),
        ({"from": "", "to": " "}, "2025-01 to 2025-12"),
        ({"from": "2025-11"}, "2025-11 to 2025-12"),
        ({"to": "2025-03"}, "2024-04 to 2025-03"),
        ({"from": "2025-11", "to": "2026-07"}, "2025-11 to 2025-12"),
        ({"from": "2025-12", "to": "2025-12"}, "2025-12"),
        ({"from": "2023-01"}, "2023-01 to 2025-12"),
    ],
)
def test_a_period(asked: dict[str, str], months: str) -> None:
    found = period.read(asked, today=TODAY)

    assert (str(found.months), found.problem) == (months, "")


def test_what_is_offered_can_be_asked_for() -> None:
    for choice in period.choices(today=TODAY):
        first, last = choice.months.first, choice.months.last
        assert choice.query == f"?from={first}&to={last}"
        found = period.read({"from": str(first), "to": str(last)}, today=TODAY)
        assert (found.months, found.problem) == (choice.months, "")
