"""What importing a statement file would do: read, compared with what is here, nothing changed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from billing.models import StatementLine, StatementUpload
from billing.statements import (
    Fault,
    Fingerprint,
    Line,
    Statement,
    Style,
    Unreadable,
    fingerprints,
    read,
)
from tenancy.errors import InvalidValue

MOST = Decimal(10) ** 12  # as the database stores sums and balances


@dataclass(frozen=True)
class NewLine:
    line: Line
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Preview:
    """What importing would do. `statement` is None where the file cannot be read: see `faults`.

    `asks` names what a person can choose to go on (fields of Style, or "columns"); `known` counts
    the lines that earlier files brought; `fingerprint` stands for all of it.
    """

    statement: Statement | None
    new: tuple[NewLine, ...]
    known: int
    faults: tuple[Fault, ...]
    asks: tuple[str, ...]
    headings: tuple[str, ...]
    fingerprint: str

    @property
    def sum_in(self) -> Decimal:
        return sum((one.line.amount for one in self.new if one.line.amount > 0), Decimal("0.00"))

    @property
    def sum_out(self) -> Decimal:
        return -sum((one.line.amount for one in self.new if one.line.amount < 0), Decimal("0.00"))


def preview(*, upload: StatementUpload) -> Preview:
    """Read an upload and say what importing it would do. Changes nothing and raises nothing."""
    try:
        statement = read(
            bytes(upload.content),
            file_name=upload.file_name,
            columns=upload.columns,
            style=Style(**upload.style),
        )
    except Unreadable as refusal:
        return _unreadable(
            refusal.facts["faults"], refusal.facts["asks"], refusal.facts["headings"]
        )
    except InvalidValue as refusal:
        # A choice that this file does not have: its bank writes other headings now.
        return _unreadable([Fault(0, "", "", refusal.message)], ("columns",), ())
    prints = fingerprints(statement.lines, account=statement.account)
    known = _known(prints)
    new = tuple(
        NewLine(line, fingerprint)
        for line, fingerprint in zip(statement.lines, prints, strict=True)
        if fingerprint not in known
    )
    return Preview(
        statement=statement,
        new=new,
        known=len(prints) - len(new),
        faults=(*_taken_bank_ids(new), *_too_much(statement, new)),
        asks=(),
        headings=_headings(statement),
        fingerprint=_digest(upload, new),
    )


def _unreadable(faults: Iterable[Fault], asks: tuple, headings: tuple) -> Preview:
    return Preview(None, (), 0, tuple(faults), tuple(asks), tuple(headings), "")


def _known(prints: list[Fingerprint]) -> set[Fingerprint]:
    found = StatementLine.objects.filter(
        fingerprint__in={fingerprint.digest for fingerprint in prints}
    )
    return {Fingerprint(*row) for row in found.values_list("fingerprint", "occurrence")}


def own_ids(lines: Iterable[NewLine]) -> dict[int, str]:
    """The bank's id of each line (by its number) that has one of its own.

    Some banks give all parts of a batch one id: such an id tells no two lines apart.
    """
    numbers: dict[str, list[int]] = {}
    for one in lines:
        if one.line.bank_transaction_id:
            numbers.setdefault(one.line.bank_transaction_id, []).append(one.line.number)
    return {found[0]: bank_id for bank_id, found in numbers.items() if len(found) == 1}


def _taken_bank_ids(new: tuple[NewLine, ...]) -> Iterable[Fault]:
    """A line whose bank id another line has: the bank says the same transfer differently now."""
    own = own_ids(new)
    taken = dict(
        StatementLine.objects.filter(bank_transaction_id__in=set(own.values())).values_list(
            "bank_transaction_id", "statement__file_name"
        )
    )
    for one in new:
        bank_id = own.get(one.line.number, "")
        if bank_id in taken:
            yield Fault(
                one.line.line_number,
                "",
                bank_id,
                f"is the bank’s id of a line imported from {taken[bank_id]}, which says something "
                "else. Compare the two; this file cannot be imported as it is.",
            )


def _too_much(statement: Statement, new: tuple[NewLine, ...]) -> Iterable[Fault]:
    told = (
        sum((abs(one.line.amount) for one in new), Decimal(0)),
        *(abs(one or 0) for one in (statement.opening_balance, statement.closing_balance)),
    )
    if max(told) >= MOST:
        yield Fault(0, "", f"{max(told):,}", "is more than can be kept as a sum or balance.")


def _headings(statement: Statement) -> tuple[str, ...]:
    used = (statement.detected.columns or {}).values()
    return tuple(dict.fromkeys([*used, *statement.detected.unused]))


def _digest(upload: StatementUpload, new: tuple[NewLine, ...]) -> str:
    told = [
        upload.file_sha256,
        upload.columns,
        upload.style,
        [[*one.fingerprint] for one in new],
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
