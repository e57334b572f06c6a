"""Where a file carries balances or sums, every changed digit of an amount is found."""

import re
from collections.abc import Iterator

import pytest

from billing.statements import Unreadable, read
from tests.billing.statements import camt_files, dialects

MONEY = re.compile(r"(?<![\d.])\d{1,3}(?:[.,']?\d{3})*[.,]\d{2}(?![\d.])")
IN_XML = re.compile(r"(?<=>)\d+(?:\.\d+)?(?=</(?:n:)?(?:Amt|TtlAmt|Sum|NbOfTxs|NbOfNtries)>)")
# An opening balance, or sums over all: nothing stands outside of them.
CLOSED = (
    dialects.HIGH_STREET,
    dialects.SWISS,
    dialects.COOPERATIVE,
    dialects.MULTILINE,
    dialects.REPORT,
)


def changed_digits(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for found in pattern.finditer(text):
        for at in range(*found.span()):
            if text[at].isdigit():
                other = (int(text[at]) + 1 + at % 9) % 10
                yield at, f"{text[:at]}{other}{text[at + 1 :]}"


@pytest.mark.parametrize("dialect", CLOSED, ids=lambda dialect: dialect.name)
def test_every_changed_digit_of_a_table_is_found(dialect: dialects.Dialect) -> None:
    passed = [
        (at, text)
        for at, text in changed_digits(dialect.text, MONEY)
        if is_read(text.encode(dialect.encoding))
    ]

    assert passed == []


@pytest.mark.parametrize("text", [camt_files.BATCHES, camt_files.REVERSALS])
def test_every_changed_digit_of_a_camt_is_found(text: str) -> None:
    # Nothing in the file depends on what has not been booked.
    booked = re.sub(r"<Ntry>(?:(?!</Ntry>).)*PDNG.*?</Ntry>", "", text, flags=re.DOTALL)

    passed = [(at, text) for at, text in changed_digits(booked, IN_XML) if is_read(text.encode())]

    assert passed == []


def is_read(data: bytes) -> bool:
    try:
        read(data, file_name="statement")
    except Unreadable:
        return False
    return True
