"""Rows around the lines that say something about all of them: balances, sums, counts, the account.

A row is one of these only if its first text is a label of this list, and what it says is checked.
Any other row among the lines is a line.
"""

import re
from dataclasses import dataclass

from billing.statements.faults import Cell
from billing.statements.headings import plain
from billing.statements.rows import Row

LABELS = {
    "opening": (
        "opening balance, balance brought forward, brought forward, start balance, "
        "starting balance, beginning balance, previous balance, anfangssaldo, alter kontostand, "
        "alter saldo, saldovortrag, saldo vortrag, solde initial, saldo inicial, beginsaldo"
    ),
    "closing": (
        "closing balance, balance carried forward, carried forward, end balance, ending balance, "
        "endsaldo, neuer kontostand, neuer saldo, schlusssaldo, solde final, saldo final, "
        "eindsaldo"
    ),
    "sum_in": (
        "total credits, total credit, total in, total paid in, total money in, total deposits, "
        "sum in, summe haben, summe eingange, summe eingaenge, summe gutschriften, total haben"
    ),
    "sum_out": (
        "total debits, total debit, total out, total paid out, total money out, "
        "total withdrawals, sum out, summe soll, summe ausgange, summe ausgaenge, "
        "summe belastungen, total soll"
    ),
    "total": "total, totals, summe, gesamt, gesamtsumme, totaal",
    "count": (
        "number of transactions, number of entries, number of lines, transaction count, anzahl, "
        "anzahl umsatze, anzahl umsaetze, anzahl buchungen"
    ),
    "account": (
        "iban, account, account iban, account number, auftragskonto, konto, kontonummer, rekening, "
        "compte, cuenta"
    ),
    "currency": "currency, wahrung, waehrung, ccy, devise, munt, divisa",
    "end": "end of statement, end of report, end of file, ende der umsatze, ende der umsaetze",
}
MEANING = {label: kind for kind, labels in LABELS.items() for label in labels.split(", ")}
# What may follow the balance's name: “Opening balance as of 01.03.2025”.
AS_OF = re.compile(r" (?:as of |am |vom |per |on |at |au |op )?[0-9]{1,4}[ 0-9]{2,}$")
# How many filled cells may stand beside these, among the lines.
MOST_CELLS = {"account": 1, "currency": 1, "end": 0}
MONEY_KINDS = ("opening", "closing", "sum_in", "sum_out")


@dataclass(frozen=True)
class Labelled:
    """One statement about the file: `cells` are those that are filled, without the label."""

    kind: str
    row: Row
    label: str
    cells: tuple[Cell, ...]


def labelled(row: Row) -> Labelled | None:
    """What the row says about the file, or None for a row that is none of these."""
    filled = [cell for cell in row.cells if cell]
    if not filled or filled[0][0].isdigit():
        return None
    first, rest = filled[0], filled[1:]
    if not rest and ":" in first:  # “Opening balance: 1.234,56”, all in one cell
        first, _, value = (part.strip() for part in first.partition(":"))
        rest = [value]
    kind = kind_of(first)
    if kind is None:
        return None
    return Labelled(kind, row, first, tuple(Cell(row.line, first, text) for text in rest if text))


def kind_of(text: str) -> str | None:
    name = plain(text)
    return MEANING.get(name) or MEANING.get(AS_OF.sub("", name))
