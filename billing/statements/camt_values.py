"""The values of camt.053: amounts, directions, days. Its style is fixed, so nothing is chosen."""

import re
from datetime import date
from decimal import Decimal

from billing.statements.dates import CLOCK, YEARS, ZONE
from billing.statements.faults import Cell, Faults
from billing.statements.xml_tree import Element

AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
DAY = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:T{CLOCK})?{ZONE}")
DIRECTIONS = {"CRDT": 1, "DBIT": -1}
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def amount_of(parent: Element, path: str, faults: Faults, *, tag: str = "Amt") -> Decimal | None:
    """The amount inside `parent`, without sign; None after a fault."""
    found = parent.first(tag)
    cell = Cell((found or parent).line, f"{path}/{tag}", found.text if found else "")
    if AMOUNT.fullmatch(cell.text):
        whole, _, cents = cell.text.partition(".")
        return Decimal(f"{whole}.{cents:0<2}")
    faults.at(
        cell,
        "is no amount: digits, a point and at most two decimals." if cell.text else "No amount.",
    )
    return None


def currency_of(parent: Element, file: str) -> Cell:
    found = parent.first("Amt")
    currency = found.attributes.get("Ccy", "") if found else ""
    return Cell((found or parent).line, f"{parent.name}/Amt/@Ccy", currency, file)


def direction_of(parent: Element, path: str, faults: Faults) -> int:
    """1 for CRDT, -1 for DBIT, 0 after a fault."""
    found = parent.first("CdtDbtInd")
    cell = Cell((found or parent).line, f"{path}/CdtDbtInd", found.text if found else "")
    if cell.text not in DIRECTIONS:
        faults.at(cell, "is neither CRDT nor DBIT.")
    return DIRECTIONS.get(cell.text, 0)


def truth_of(parent: Element, tag: str, path: str, faults: Faults) -> bool:
    found = parent.first(tag)
    if found is None:
        return False
    if found.text not in TRUTHS:
        faults.at(Cell(found.line, f"{path}/{tag}", found.text), "is neither true nor false.")
    return TRUTHS.get(found.text, False)


def day_of(parent: Element, tag: str, path: str, faults: Faults) -> date | None:
    """The day as the bank wrote it; None where the element is missing, and after a fault."""
    outer = parent.first(tag)
    if outer is None:
        return None
    inner = outer.first("Dt") or outer.first("DtTm")
    cell = Cell(outer.line, f"{path}/{tag}", inner.text if inner else outer.text)
    found = DAY.fullmatch(cell.text)
    if found and int(found[1]) in YEARS:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    faults.at(cell, "is no date." if cell.text else "The date is empty.")
    return None
