"""One slip anywhere in a statement: read as exactly what stands there, or refused by its place.

Never 0.00 for what is no amount, never a line less, never a factor of ten, a hundred or a
thousand; and where a file carries balances or sums, every changed digit is found.
"""

import pytest

from billing.statements import Unreadable, read
from tests.billing.statements.dialects import DIALECTS, Dialect, Facts
from tests.billing.statements.mutations import Mutation, mutations
from tests.billing.statements.second_reader import Expected, Verdict, judge
from tests.billing.statements.test_dialects import facts_of


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_slip_is_read_as_it_stands_or_refused(dialect: Dialect) -> None:
    failed = [
        (mutation.kind, mutation.position, mutation.text, wrong)
        for mutation in mutations(dialect.text)
        if (wrong := wrong_about(dialect, mutation))
    ]

    assert failed == []


def wrong_about(dialect: Dialect, mutation: Mutation) -> str:
    try:
        data = mutation.text.encode(dialect.encoding)
    except UnicodeEncodeError:
        return ""
    verdict = judge(dialect, mutation.text)
    try:
        lines = facts_of(read(data, file_name="statement.csv", style=dialect.style))
    except Unreadable as refusal:
        return wrong_refusal(verdict, refusal)
    if verdict.expected is Expected.REFUSED:
        return f"read as {lines}"
    if verdict.expected is Expected.HEADING_CHANGED:
        return "" if same_but_for_texts(lines, verdict.lines) else f"read as {lines}"
    return "" if lines == verdict.lines else f"read as {lines}, not {verdict.lines}"


def wrong_refusal(verdict: Verdict, refusal: Unreadable) -> str:
    if verdict.expected is Expected.READ:
        return f"refused: {refusal.message}"
    faults = refusal.facts["faults"]
    if verdict.place is None:
        return "" if faults and all(fault.reason for fault in faults) else "no reason"
    line, column, value = verdict.place
    value = value.replace("\x00", "␀")
    named = any(
        fault.line == line and (not column or (fault.column, fault.value) == (column, value))
        for fault in faults
    )
    return "" if named else f"not at {verdict.place} but {faults}"


def same_but_for_texts(lines: tuple[Facts, ...], expected: tuple[Facts, ...]) -> bool:
    def may_be_left_out(text: str | None, other: str | None) -> bool:
        return text == other or not text

    return len(lines) == len(expected) and all(
        line[:2] == other[:2]
        and line.amount == other.amount
        and line.value_date in (other.value_date, other.booked_on)
        and all(map(may_be_left_out, line[4:], other[4:]))
        for line, other in zip(lines, expected, strict=True)
    )
