"""From a cell to a value. Nothing is guessed: what could mean two things is refused in words."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from tenancy.errors import InvalidValue

type Parser = Callable[[str], object]

MAX_CELL = 1000  # characters; no column holds more than 255
YES = frozenset({"yes", "true", "1"})
NO = frozenset({"no", "false", "0"})
# What our exports put before a cell that a spreadsheet would run as a formula.
GUARDED = re.compile(r"'(?='*[=+\-@\t\r])")


def plain_text(cell: str) -> str:
    """The cell's text. Raises InvalidValue for what no single-line value holds."""
    if len(cell) > MAX_CELL:
        raise InvalidValue(
            f"This cell has {len(cell):,} characters; {MAX_CELL:,} fit. Is a quotation mark or a "
            "delimiter missing?"
        )
    if "\n" in cell or "\r" in cell:
        raise InvalidValue("There is a line break inside this cell. Write it on one line.")
    if "\ufffd" in cell:
        raise InvalidValue(
            "“\ufffd” is what an earlier conversion left of another letter. Write that letter."
        )
    if not cell.isprintable():
        hidden = next((letter for letter in cell if unicodedata.category(letter) == "Cc"), None)
        if hidden is not None:
            raise InvalidValue(
                f"This cell holds an invisible character (number {ord(hidden)}). Type it anew."
            )
    return GUARDED.sub("", cell, count=1).strip()


def whole(cell: str) -> int:
    """Digits 0 to 9 alone, with a minus sign at most."""
    if not cell:
        raise InvalidValue("This cell is empty. Write a number; 0 for none.")
    if re.fullmatch(r"-?[0-9]{1,18}", cell):
        return int(cell)
    if re.fullmatch(r"-?[0-9]+", cell):
        raise InvalidValue(f"This number has {len(cell)} digits; no number here is that large.")
    _refuse_other_digits(cell)
    if re.fullmatch(r"-?[0-9]{1,3}[.,][0-9]{3}", cell):
        before = re.split(r"[.,]", cell)[0]
        raise InvalidValue(
            f"“{cell}” could mean {before} or {_digits(cell)}. Write {before} or {_digits(cell)}."
        )
    if re.fullmatch(r"-?[0-9]{1,3}([.,'’\s][0-9]{3})+", cell):
        raise InvalidValue(f"Write {_digits(cell)}, without separators.")
    raise InvalidValue(
        f"“{cell}” is no whole number. Write digits alone, such as 1000: no decimals, separators, "
        "signs or letters."
    )


def price(cell: str) -> Decimal:
    """US dollars with a point before the cents."""
    if not cell:
        raise InvalidValue("This cell is empty. Write a price such as 89.00; 0.00 for none.")
    _refuse_other_digits(cell)
    if re.fullmatch(r"-?[0-9]{1,3}[.,][0-9]{3}", cell):
        before = re.split(r"[.,]", cell)[0]
        raise InvalidValue(
            f"“{cell}” could mean {before}.00 or {_digits(cell)}.00. Write the one you mean."
        )
    if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", cell):
        return Decimal(cell)
    if re.fullmatch(r"-?[0-9]+,[0-9]{1,2}", cell):
        raise InvalidValue(f"Write {cell.replace(',', '.')}, with a point before the cents.")
    if re.fullmatch(r"-?[0-9]{1,3}([.,'’\s][0-9]{3})+([.,][0-9]{2})?", cell):
        cents = cell[-2:] if re.search(r"[.,][0-9]{2}$", cell) else "00"
        units = cell[:-3] if re.search(r"[.,][0-9]{2}$", cell) else cell
        raise InvalidValue(f"Write {_digits(units)}.{cents}, without other separators.")
    raise InvalidValue(
        f"“{cell}” is no price. Write the number alone, such as 89.00; prices are in US dollars."
    )


def yes_no(cell: str) -> bool:
    """yes, true, 1 or no, false, 0, in any case."""
    if cell.lower() in YES | NO:
        return cell.lower() in YES
    raise InvalidValue("Write yes or no (true, false, 1 and 0 are read too).")


def codes(cell: str) -> list[str]:
    """Codes with | between them; an empty cell is none."""
    parts = [part.strip().lower() for part in cell.split("|") if part.strip()]
    if any(re.search(r"[,;\s]", part) for part in parts):
        raise InvalidValue("Put | between features, such as ai_writer|image_gen.")
    return parts


def code(cell: str) -> str:
    """A code or its name: “Bank transfer” is bank_transfer."""
    return re.sub(r"[\s-]+", "_", cell.lower())


def slug(cell: str) -> str:
    """Slugs are lower case; what is no slug at all is left for the service to refuse."""
    return cell.lower() if cell.isascii() else cell


def written(value: object) -> str:
    """A value as its cell: what this gives is read back as the same value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "|".join(value)
    return "" if value is None else str(value)


def _digits(cell: str) -> str:
    return re.sub(r"[^0-9-]", "", cell)


def _refuse_other_digits(cell: str) -> None:
    if any(letter.isdigit() and not letter.isascii() for letter in cell):
        raise InvalidValue("Write numbers with the digits 0 to 9.")
