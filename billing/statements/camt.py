"""Reads camt.053, the bank-to-customer statement of ISO 20022, versions 02 and 08.

A file may hold several statements (pages, days), a zip several files: they are read as one when
they are of one account in one currency and their balances join.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from billing.statements import texts
from billing.statements.camt_balances import (
    Part,
    check_balances,
    read_balances,
    read_summary,
    settle_reversals,
)
from billing.statements.camt_entries import Entry, read_entry
from billing.statements.camt_values import currency_of
from billing.statements.currencies import CODES
from billing.statements.faults import Cell, Faults
from billing.statements.statement import Detected, Line, Statement, Style
from billing.statements.xml_tree import Element, parse

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[0-9]\.001\.[0-9]{2})")
VERSIONS = ("camt.053.001.02", "camt.053.001.08")


def read_camt(
    files: Mapping[str, bytes], *, style: Style, max_lines: int, faults: Faults
) -> Statement:
    """The statement of these files, by name. Raises Unreadable with every fault of them."""
    parts: list[Part] = []
    versions = set()
    line_count = 0
    for name, data in files.items():
        faults.member = name if len(files) > 1 else ""
        root, namespace = parse(data, faults)
        versions.add(_version(root, namespace, faults))
        for element in root.all("BkToCstmrStmt/Stmt"):
            parts.append(_part(element, faults))
            line_count += sum(len(entry.movements) for entry in parts[-1].entries)
            if line_count > max_lines:
                faults.stop(f"has more than {max_lines:,} lines. Export a shorter period.")
    faults.member = ""
    if not parts:
        faults.stop("holds no statement: <Stmt> is missing.")
    account = _one_account(parts, faults)
    currency = _one_currency(parts, style, faults)
    _refuse_repeated_bank_ids(parts, faults)
    faults.refuse_if_any()
    settle_reversals(parts, style.reversals, faults)
    checked = check_balances(parts, faults)
    faults.refuse_if_any()
    lines = _lines([entry for part in parts for entry in part.booked], currency)
    if not lines:
        faults.stop("has no booked line: nothing to import.")
    return Statement(
        format=" and ".join(sorted(versions)),
        currency=currency,
        account=account,
        opening_balance=checked.opening,
        closing_balance=checked.closing,
        lines=lines,
        not_booked=_lines(
            [entry for part in parts for entry in part.entries if not entry.is_booked], currency
        ),
        detected=Detected(encoding="XML", checks=checked.checks),
    )


def _version(root: Element, namespace: str, faults: Faults) -> str:
    found = NAMESPACE.fullmatch(namespace)
    version = found[1] if found else ""
    if version not in VERSIONS or root.name != "Document":
        named = version or namespace or f"<{root.name}>"
        faults.stop(
            f"is no statement that is read here, which are {' and '.join(VERSIONS)}.",
            line=root.line,
            value=named,
        )
    if root.first("BkToCstmrStmt") is None:
        faults.stop("holds no statement: <BkToCstmrStmt> is missing.", line=root.line)
    return version


def _part(element: Element, faults: Faults) -> Part:
    entries = [
        read_entry(entry, number, faults)
        for number, entry in enumerate(element.all("Ntry"), start=1)
    ]
    identity = element.first("Acct/Id/IBAN") or element.first("Acct/Id/Othr/Id")
    cell = Cell(element.line, "Acct", identity.text if identity else "")
    is_iban = identity is not None and identity.name == "IBAN"
    account = texts.account(cell, faults, must_be_iban=is_iban)
    part = Part(element, faults.member, account, entries)
    read_balances(part, faults)
    read_summary(part, faults)
    return part


def _one_account(parts: Sequence[Part], faults: Faults) -> str:
    account = parts[0].account
    for part in parts:
        if part.account != account:
            cell = Cell(part.element.line, "Acct", part.account, part.file)
            faults.at(cell, f"is another account than {account}. Import one account at a time.")
    return account


def _one_currency(parts: Sequence[Part], style: Style, faults: Faults) -> str:
    named: list[Cell] = []
    for part in parts:
        account = part.element.first("Acct/Ccy")
        if account:
            named.append(Cell(account.line, "Acct/Ccy", account.text, part.file))
        amounts = (*part.element.all("Bal"), *part.element.all("Ntry"))
        named += [currency_of(element, part.file) for element in amounts]
    codes = Counter(cell.text for cell in named if cell.text in CODES)
    currency = codes.most_common(1)[0][0] if codes else ""
    is_tie = list(codes.values()).count(codes[currency]) > 1
    for cell in named:
        if cell.text not in CODES:
            faults.at(cell, "is no currency code." if cell.text else "The currency is empty.")
        elif cell.text != currency or is_tie:
            faults.at(cell, f"The file is in {' and '.join(sorted(codes))}; one can be imported.")
    if currency and style.currency and currency != style.currency:
        faults.at(named[0], f"The file is in {currency}, not in {style.currency} as chosen.")
    return currency


def _refuse_repeated_bank_ids(parts: Sequence[Part], faults: Faults) -> None:
    seen: set[str] = set()
    for part in parts:
        for movement in (movement for entry in part.entries for movement in entry.movements):
            if movement.bank_id in seen:
                cell = Cell(movement.element.line, "AcctSvcrRef", movement.bank_id, part.file)
                faults.at(cell, "is the bank’s id of another line of the file as well.")
            elif movement.bank_id:
                seen.add(movement.bank_id)


def _lines(entries: Sequence[Entry], currency: str) -> tuple[Line, ...]:
    movements = [(entry, movement) for entry in entries for movement in entry.movements]
    return tuple(
        Line(
            number,
            movement.element.line,
            entry.booked_on,
            entry.value_date,
            movement.amount,
            currency,
            movement.payer_name,
            movement.payer_iban,
            movement.reference,
            movement.bank_id,
            movement.element.written(),
            entry.file,
        )
        for number, (entry, movement) in enumerate(movements, start=1)
    )
