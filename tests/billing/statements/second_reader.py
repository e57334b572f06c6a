"""A second, small reader that is told what a dialect looks like. It shares no code with the first.

It says of a changed file what may be made of it: exactly these lines, a refusal (at this place,
where one can be named), or, of what no bank of the dialect writes, either of the two.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from tests.billing.statements.dialects import Dialect, Facts

BLANKS = " \u00a0\u202f"
SIGNS = {"USD": "$", "EUR": "€"}
STATUSES = {"umsatz gebucht": True, "gebucht": True, "completed": True} | {
    "umsatz vorgemerkt": False,
    "pending": False,
}
WAYS = {"af": -1, "bij": 1, "s": -1, "h": 1, "c": 1, "d": -1, "+": 1, "-": -1}


class Expected(Enum):
    READ = 1
    REFUSED = 2
    EITHER = 3
    HEADING_CHANGED = 4  # refused, or the texts below that heading are left out


@dataclass
class Verdict:
    """`place` is line, heading and cell of what cannot be read; heading "" for a whole line."""

    expected: Expected
    lines: tuple[Facts, ...] = ()
    place: tuple[int, str, str] | None = None


class Refused(Exception):
    def __init__(self, line: int = 0, heading: str = "", cell: str = "") -> None:
        # Of a line with a mark too many, nothing says where its cells are.
        is_cell = not set(cell) & set('"\r\n')
        self.place = (line, heading if is_cell else "", cell) if line else None


def judge(dialect: Dialect, text: str) -> Verdict:
    """What may be made of `text`, a change of the dialect's own text."""
    reader = _SecondReader(dialect)
    try:
        lines = reader.read(text)
    except Refused as refused:
        place = None if reader.heading_changed else refused.place
        if place and place[0] in reader.spanning:
            place = (place[0], "", "")
        return Verdict(Expected.REFUSED, place=place)
    if reader.heading_changed:
        return Verdict(Expected.HEADING_CHANGED, lines)
    return Verdict(Expected.EITHER if reader.is_odd else Expected.READ, lines)


@dataclass
class _Read:
    facts: Facts
    balance: Decimal | None
    is_booked: bool


class _SecondReader:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_quoted = '"' in dialect.text
        self.is_odd = False  # readable, but not as this bank writes
        self.heading_changed = False
        self.told: dict[str, list[Decimal]] = {}
        self.accounts: set[str] = set()
        self.kinds: set[str | None] = {None}
        self.spanning: set[int] = set()  # rows over several lines, or with marks in cells
        self.header = dict(self._rows(dialect.text))[dialect.header_line]
        self.spanning.clear()

    def read(self, text: str) -> tuple[Facts, ...]:
        self._look_at_quotes(text)
        has_nul = "\x00" in text
        rows = [(number, cells) for number, cells in self._rows(text) if any(cells)]
        at = self._header_at([cells for _, cells in rows])
        found: list[_Read] = []
        has_ended = False
        for number, cells in rows[:at]:
            self._read_label(number, cells, is_behind=False)
        for number, cells in rows[at + 1 :]:
            if self._read_label(number, cells, is_behind=True):
                has_ended = True
            elif has_ended or len(cells) != len(self.header):
                raise Refused(number, "", "")
            elif self._is_opening(cells):
                self._tell("opening", self._number(number, cells, "balance"))
            else:
                found.append(self._line(number, cells))
        ids = [read.facts.bank_id for read in found if read.facts.bank_id]
        self.is_odd |= self.kinds != {None, *self.dialect.labels.values()}
        if not found or len(self.accounts) > 1 or len(set(ids)) < len(ids):
            raise Refused
        if has_nul:
            raise Refused
        self._compare([read for read in found if read.is_booked], len(found))
        return tuple(read.facts for read in found if read.is_booked)

    def _look_at_quotes(self, text: str) -> None:
        count = text.count('"')
        if self.is_quoted and count % 2:
            raise Refused
        quotes = re.sub('[^"]+', " ", text), re.sub('[^"]+', " ", self.dialect.text)
        neighbors = [re.findall('.?"+.?', some, re.DOTALL) for some in (text, self.dialect.text)]
        self.is_odd = quotes[0] != quotes[1] or neighbors[0] != neighbors[1]

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        quoting = csv.QUOTE_MINIMAL if self.is_quoted else csv.QUOTE_NONE
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.dialect.delimiter,
            quoting=quoting,
            strict=True,
            skipinitialspace=True,
        )
        number = 1
        try:
            for cells in reader:
                if any(set(cell) & set('\r\n"') for cell in cells):
                    self.spanning.add(number)
                yield number, [cell.strip() for cell in cells]
                number = reader.line_num + 1
        except csv.Error:
            raise Refused from None

    def _header_at(self, rows: list[list[str]]) -> int:
        for at, cells in enumerate(rows):
            if len(cells) == len(self.header):
                changed = sum(one != other for one, other in zip(cells, self.header, strict=True))
                if changed <= 2:  # a delimiter swapped with a letter changes two
                    self.heading_changed = changed > 0
                    return at
        raise Refused

    # Rows about the lines

    def _read_label(self, number: int, cells: list[str], *, is_behind: bool) -> bool:
        label, *rest = [cell for cell in cells if cell]
        if not rest and ":" in label:
            label, _, value = label.partition(":")
            rest = [value.strip()]
        kinds = {_letters(name): kind for name, kind in self.dialect.labels.items()}
        kind = kinds.get(_letters(label))
        self.kinds.add(kind)
        self.is_odd |= kind is not None and label not in self.dialect.labels
        if kind == "total" and is_behind:
            self._read_totals(number, cells)
        elif kind == "count":
            if len(rest) != 1 or not _is_digits(rest[0]):
                raise Refused(number, label, rest[0] if rest else "")
            self._tell("count", Decimal(rest[0]))
        elif kind in ("opening", "closing", "sum_in", "sum_out"):
            numbers = [cell for cell in rest if cell != self.dialect.currency]
            if len(numbers) == 2:
                numbers = [cell for cell in numbers if not self._is_like_a_date(cell)]
            value = self._value(numbers[0]) if len(numbers) == 1 else None
            if value is None:
                raise Refused(number, label if len(numbers) == 1 else "", *numbers[:1])
            self._tell(kind, value)
        elif kind == "account" and rest:
            self._account(rest[0], number, label)
        elif kind == "currency" and rest[:1] != [self.dialect.currency]:
            raise Refused(number, label, rest[0] if rest else "")
        return kind is not None

    def _read_totals(self, number: int, cells: list[str]) -> None:
        columns = self.dialect.columns
        if len(cells) != len(self.header):
            raise Refused(number, "", "")
        for field, kind in (("debit", "sum_out"), ("credit", "sum_in")):
            if cells[columns[field]]:
                self._tell(kind, self._number(number, cells, field))
        known = {columns[field] for field in ("debit", "credit")} | {0}
        others = {cell for at, cell in enumerate(cells) if at not in known}
        if others - {"", self.dialect.currency}:
            raise Refused(number, "", "")

    def _is_opening(self, cells: list[str]) -> bool:
        text, columns = self.dialect.opening_text, self.dialect.columns
        if not text or any(cells[columns[field]] for field in ("debit", "credit")):
            return False
        self.is_odd |= text not in cells
        return _letters(text) in map(_letters, cells) and cells[columns["balance"]]

    def _tell(self, kind: str, value: Decimal) -> None:
        self.told.setdefault(kind, []).append(value)

    def _compare(self, booked: list[_Read], count: int) -> None:
        amounts = [read.facts.amount for read in booked]
        came = sum((amount for amount in amounts if amount > 0), Decimal(0))
        left = sum((amount for amount in amounts if amount < 0), Decimal(0))
        opening = self.told.get("opening", [None])[0]
        if "balance" in self.dialect.columns:
            ordered = booked[::-1] if self.dialect.newest_first else booked
            for read in ordered:
                if opening is not None and opening + read.facts.amount != read.balance:
                    raise Refused
                opening = read.balance
            self._compare_days(ordered)
            return
        truth = {"sum_in": {came}, "sum_out": {left, -left}, "count": {len(booked), count}}
        if opening is not None:
            truth["closing"] = {opening + came + left}
        for kind, values in truth.items():
            if not values >= set(self.told.get(kind, [])):
                raise Refused

    def _compare_days(self, ordered: list[_Read]) -> None:
        """Balances that run one way and days that run the other may be refused."""
        days = [read.facts.booked_on for read in ordered]
        self.is_odd |= days != sorted(days)

    # Lines

    def _line(self, number: int, cells: list[str]) -> _Read:
        columns = self.dialect.columns
        texts = {field: " ".join(cells[column].split()) for field, column in columns.items()}
        texts = {field: "" if text == "-" else text for field, text in texts.items()}
        booked_on = self._day(number, cells, "booked_on")
        value_date = self._day(number, cells, "value_date") if "value_date" in columns else None
        amount = self._amount(number, cells)
        status = " ".join(texts.get("status", "gebucht").casefold().split())
        if status not in STATUSES:
            raise self._refused(number, cells, "status")
        self.is_odd |= texts.get("status", "") not in self.dialect.text
        self.is_odd |= bool(set(cells[0]) & set("\r\n"))
        if texts.get("currency", self.dialect.currency) != self.dialect.currency:
            raise self._refused(number, cells, "currency")
        balance = None
        if "balance" in columns and (STATUSES[status] or texts["balance"]):
            balance = self._number(number, cells, "balance")
        for field in {"payer_iban", "account"} & set(columns):
            self._account(cells[columns[field]], number, self.header[columns[field]])
        if "account" in columns:
            self.accounts.add(_compact(texts["account"]))
        facts = Facts(
            number,
            booked_on,
            value_date or booked_on,
            amount,
            texts.get("payer_name", ""),
            _compact(texts.get("payer_iban", "")),
            texts.get("reference") or texts.get("details", ""),
            texts.get("bank_transaction_id") or None,
        )
        return _Read(facts, balance, STATUSES[status])

    def _refused(self, number: int, cells: list[str], field: str) -> Refused:
        column = self.dialect.columns[field]
        return Refused(number, self.header[column], cells[column])

    def _account(self, text: str, number: int, heading: str) -> None:
        compact = _compact(text)
        looks_like_iban = re.match("[A-Z]{2}[0-9]{2}", compact) is not None
        if len(compact) > 34 or (looks_like_iban and not _is_iban(compact)):
            raise Refused(number, heading, text)
        self.is_odd |= compact not in _compact(self.dialect.text)

    def _amount(self, number: int, cells: list[str]) -> Decimal:
        columns = self.dialect.columns
        if "debit" in columns:
            return self._of_two_columns(number, cells)
        amount = self._number(number, cells, "amount")
        if "indicator" not in columns:
            return amount
        way = WAYS.get(cells[columns["indicator"]].lower())
        if way is None:
            raise self._refused(number, cells, "indicator")
        if amount < 0 < way:
            raise self._refused(number, cells, "amount")
        self.is_odd |= amount < 0
        return way * abs(amount)

    def _of_two_columns(self, number: int, cells: list[str]) -> Decimal:
        columns = self.dialect.columns
        found = {
            field: self._number(number, cells, field)
            for field in ("debit", "credit")
            if cells[columns[field]]
        }
        debit, credit = found.get("debit", Decimal(0)), found.get("credit", Decimal(0))
        if not found or (debit and credit) or credit < 0:
            raise self._refused(number, cells, "credit")
        self.is_odd |= bool(debit) and (debit < 0) != (self.dialect.debit_sign == "-")
        return credit - abs(debit)

    # Values

    def _number(self, number: int, cells: list[str], field: str) -> Decimal:
        value = self._value(cells[self.dialect.columns[field]])
        if value is None:
            raise self._refused(number, cells, field)
        return value

    def _value(self, text: str) -> Decimal | None:
        """The number, by taking away what is known and looking at what is left."""
        dialect, rest, is_negative = self.dialect, text.strip(), False
        if rest.startswith("(") and rest.endswith(")"):
            rest, is_negative = rest[1:-1], True
        elif "(" in rest or ")" in rest:
            return None
        for mark in filter(None, (dialect.currency, SIGNS.get(dialect.currency, ""))):
            bare = rest.strip(f"+-{BLANKS}")
            if rest.count(mark) == 1 and (bare.startswith(mark) or bare.endswith(mark)):
                self.is_odd |= mark not in dialect.text
                rest = rest.replace(mark, "")
                break
        rest = rest.strip(BLANKS)
        signs = [character for character in rest if character in "+-"]
        if len(signs) + is_negative > 1 or (signs and signs[0] not in (rest[0], rest[-1])):
            return None
        self.is_odd |= "+" in signs or any(blank in text for blank in BLANKS)
        is_negative |= "-" in signs
        whole, comma, cents = rest.strip(f"+-{BLANKS}").partition(dialect.decimal)
        if comma and not (_is_digits(cents) and len(cents) <= 2):
            return None
        whole = self._without_groups(whole)
        if not _is_digits(whole) or len(whole) > 12:
            return None
        value = Decimal(f"{whole}.{(cents + '00')[:2]}")
        return -value if is_negative and value else value

    def _without_groups(self, whole: str) -> str:
        kinds = set(whole) - set("0123456789")
        if not kinds:
            return whole
        kind = kinds.pop()
        first, *groups = whole.split(kind)
        if kinds or kind not in f".,'’{BLANKS}" or kind == self.dialect.decimal:
            return ""
        if not 1 <= len(first) <= 3 or first[0] == "0" or {len(group) for group in groups} != {3}:
            return ""
        self.is_odd |= kind != self.dialect.group
        return "".join((first, *groups))

    def _day(self, number: int, cells: list[str], field: str) -> date:
        found = self._date(cells[self.dialect.columns[field]])
        if found is None or not 1970 <= found.year < 2100:
            raise self._refused(number, cells, field)
        return found

    def _is_like_a_date(self, text: str) -> bool:
        """Beside a balance: whichever day it is, it is not the amount."""
        found = self._date(text)
        self.is_odd |= found is None or not 1970 <= found.year < 2100
        return re.fullmatch("[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}", text) is not None

    def _date(self, text: str) -> date | None:
        pattern = self.dialect.day
        if not text.isascii():
            return None
        if "%b" in pattern:
            self.is_odd |= re.fullmatch("[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}", text) is None
            text = re.sub("[./-]", " ", re.sub("[.,] ", " ", text))
        elif re.search("[^0-9]{2}|[+ ]", text.split(" ")[0] if "%H" in pattern else text):
            return None
        if "%H" in pattern and not re.fullmatch("[0-9-]+ [0-9]{2}:[0-5][0-9]:[0-5][0-9]", text):
            return None
        if pattern == "%Y%m%d" and len(text) != 8:
            return None
        try:
            found = datetime.strptime(text, pattern).date()  # noqa: DTZ007
            return None if "%y" in pattern and found.year < 2000 else found
        except ValueError:
            return None


def _letters(text: str) -> str:
    """What makes a label: “Endsaldo 31.03.2025” is “endsaldo”."""
    without_day = re.sub(r"\W+[0-9]{1,4}\W[0-9\W]+$", "", text)
    return "".join(filter(str.isalnum, without_day.casefold()))


def _compact(text: str) -> str:
    return "".join(text.split()).upper()


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_iban(compact: str) -> bool:
    if not (compact.isascii() and compact.isalnum()):
        return False
    digits = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return int(digits) % 97 == 1
