"""What a statement file said, once it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.statements.currencies import CODES
from tenancy.errors import InvalidValue

ZERO = Decimal("0.00")


class Reversals(StrEnum):
    """How a bank marks an entry of camt.053 that takes another one back.

    ISO 20022 says the mark on the entry is its own direction: a debit taken back is marked CRDT.
    Some banks leave the mark of the entry taken back; then the sign has to be turned.
    """

    AS_MARKED = "as_marked"
    TURNED = "turned"


@dataclass(frozen=True)
class Style:
    """What a person chose where a file leaves it open. None: as the file itself decides.

    `decimal` is "," or "."; `dates` is "DMY", "MDY" or "YMD"; `currency` an ISO 4217 code.
    Raises InvalidValue for anything else.
    """

    decimal: str | None = None
    dates: str | None = None
    currency: str | None = None
    reversals: Reversals | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, ",", "."):
            raise InvalidValue("The decimal sign is a comma or a point.", field="decimal")
        if self.dates not in (None, "DMY", "MDY", "YMD"):
            raise InvalidValue("The order of dates is DMY, MDY or YMD.", field="dates")
        if self.currency is not None and self.currency not in CODES:
            raise InvalidValue(
                f"“{self.currency}” is no currency code; write it like EUR or USD.",
                field="currency",
            )
        if self.reversals not in (None, *Reversals):
            raise InvalidValue("Reversals are as marked, or turned.", field="reversals")


@dataclass(frozen=True)
class Line:
    """One movement on the account.

    `number` counts 1, 2, 3 … through the statement; `line_number` is where it begins in the file
    (in `file`, when that was one of several in a zip), and two lines of an XML file may share it.
    `amount` has two places and is negative when money left. `raw` is what the file said.
    """

    number: int
    line_number: int
    booked_on: date
    value_date: date
    amount: Decimal
    currency: str
    payer_name: str
    payer_iban: str
    reference: str
    bank_transaction_id: str | None
    raw: str
    file: str = ""


@dataclass(frozen=True)
class Detected:
    """What was found out about the file, in words for people; empty where there is no such thing.

    `columns` gives the heading that each field was read from, `unused` the headings nobody reads.
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    dates: str = ""
    header_line: int | None = None
    columns: Mapping[str, str] | None = None
    unused: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A file read whole. Balances are None, and `account` is empty, where the file does not tell.

    `not_booked` are lines the bank had not booked: reported, not part of `lines` and sums.
    """

    format: str
    currency: str
    account: str
    opening_balance: Decimal | None
    closing_balance: Decimal | None
    lines: tuple[Line, ...]
    not_booked: tuple[Line, ...]
    detected: Detected

    @property
    def sum_in(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    @property
    def sum_out(self) -> Decimal:
        """What left, as a positive amount: opening + sum_in - sum_out = closing."""
        return -sum((line.amount for line in self.lines if line.amount < 0), ZERO)
