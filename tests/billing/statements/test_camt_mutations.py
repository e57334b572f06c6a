"""One slip anywhere in a camt.053: read as exactly what stands there, or refused."""

import re

import pytest

from billing.statements import Unreadable, read
from tests.billing.statements.camt_files import BATCHES, REVERSALS
from tests.billing.statements.mutations import mutations
from tests.billing.statements.second_camt_reader import judge_camt
from tests.billing.statements.second_reader import Expected
from tests.billing.statements.test_dialects import facts_of


@pytest.mark.parametrize(("text", "currency"), [(BATCHES, "EUR"), (REVERSALS, "USD")])
def test_a_slip_is_read_as_it_stands_or_refused(text: str, currency: str) -> None:
    failed = [
        (mutation.kind, mutation.position, mutation.text, wrong)
        for mutation in mutations(text, positions=positions_of(text))
        if (wrong := wrong_about(mutation.text, currency))
    ]

    assert failed == []


def positions_of(text: str) -> list[int]:
    """Everything that says something, and every tenth character of what is only markup."""
    saying = [found.span(1) for found in re.finditer(r"[>\"']([^<>\"'\n]+)[<\"']", text)]
    said = {at for start, end in saying for at in range(start - 1, end + 1)}
    return sorted(said | set(range(0, len(text) + 1, 10)))


def wrong_about(text: str, currency: str) -> str:
    verdict = judge_camt(text, currency=currency)
    try:
        lines = facts_of(read(text.encode(), file_name="statement.xml"))
    except Unreadable as refusal:
        is_told = all(fault.reason for fault in refusal.facts["faults"])
        return "" if verdict.expected is Expected.REFUSED and is_told else refusal.message
    if verdict.expected is Expected.REFUSED:
        return f"read as {lines}"
    without_lines = tuple(line._replace(line=0) for line in lines)
    return "" if without_lines == verdict.lines else f"read as {lines}, not {verdict.lines}"
