"""Overlapping files add what is new; genuine twins are two."""

from dataclasses import replace

import pytest

from billing.statements import file_sha256, fingerprints
from tests.billing.statements.reading import read_table, table

TWIN = "2025-03-30;Home G8;IG-7K3F-QX9M-46;89,00;EUR"
FIRST = "2025-03-29;TacBit;IG-2222-2222-56;89,00;EUR"
LAST = "2025-03-31;Home G8;IG-7K3F-QX9M-46;89,00;EUR"


def test_overlapping_files_add_only_what_is_new() -> None:
    march = fingerprints(read_table(table(FIRST, TWIN, TWIN)).lines, account="X")
    later = fingerprints(read_table(table(TWIN, TWIN, TWIN, LAST)).lines, account="X")

    assert [found.occurrence for found in march] == [1, 1, 2]
    assert [found.occurrence for found in later] == [1, 2, 3, 1]
    assert len(set(march)) == 3
    assert [found in march for found in later] == [True, True, False, False]


def test_the_same_lines_are_known_in_another_layout() -> None:
    other = table(
        "+89.00,EUR,30.03.2025,Home  G8,IG-7K3F-QX9M-46",
        head="Amount,Currency,Date,Payer,Reference",
    )

    first = fingerprints(read_table(table(TWIN)).lines, account="DE02 1203")
    again = fingerprints(read_table(other).lines, account="de021203")

    assert first == again


@pytest.mark.parametrize(
    "change",
    [
        {"amount": -1}, {"currency": "USD"}, {"payer_name": "Home G"}, {"payer_iban": "8"},
        {"reference": "IG"}, {"bank_transaction_id": "B1"}, {"booked_on": "x"}, {"value_date": "x"},
    ],
)  # fmt: skip
def test_every_fact_tells_lines_apart(change: dict[str, object]) -> None:
    (line,) = read_table(table(TWIN)).lines
    if "x" in change.values():
        change = {name: line.booked_on.replace(day=1) for name in change}
    other = replace(line, **change)

    first, second = fingerprints([line, other], account="X")

    assert first.digest != second.digest
    assert fingerprints([line], account="Y") != [first]
    # Where the line stands is no fact of it.
    assert fingerprints([replace(line, number=7, line_number=9, raw="")], account="X") == [first]


def test_a_text_never_runs_into_the_next() -> None:
    (line,) = read_table(table(TWIN)).lines
    one = replace(line, payer_name="A", payer_iban="B1")
    other = replace(line, payer_name="AB", payer_iban="1")

    assert len({found.digest for found in fingerprints([one, other], account="X")}) == 2


def test_a_file_is_known_by_its_content() -> None:
    assert file_sha256(table(TWIN)) == file_sha256(table(TWIN))
    assert file_sha256(table(TWIN)) != file_sha256(table(LAST))
    assert len(file_sha256(b"")) == 64
