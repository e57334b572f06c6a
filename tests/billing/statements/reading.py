"""Small files for single rules, and the refusal they end in."""

import pytest

from billing.statements import Fault, Statement, Style, Unreadable, read


def table(*lines: str, head: str = "Date;Payer;Reference;Amount;Currency") -> bytes:
    return "\n".join((head, *lines, "")).encode()


def read_table(data: bytes, **options: object) -> Statement:
    return read(data, file_name="march.csv", **options)


def refusal(data: bytes, *, file_name: str = "march.csv", **options: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(data, file_name=file_name, **options)
    refused = caught.value
    assert refused.code == "statement_unreadable"
    assert file_name in refused.message
    assert refused.facts["faults"]
    return refused


def faults(data: bytes, **options: object) -> list[Fault]:
    return refusal(data, **options).facts["faults"]


def amounts(*cells: str, **style: object) -> list[str]:
    """What these cells of one column are read as."""
    data = table(*(f"2025-03-31;P;R;{cell};EUR" for cell in cells))
    return [str(line.amount) for line in read_table(data, style=Style(**style)).lines]


def days(*cells: str, **style: object) -> list[str]:
    data = table(*(f"{cell};P;R;1,00;EUR" for cell in cells))
    return [str(line.booked_on) for line in read_table(data, style=Style(**style)).lines]
