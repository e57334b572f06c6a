"""Reads camt.053, the bank-to-customer statement of ISO 20022, versions 02 and 08.

A file may hold several statements (pages, days), a zip several files: they are read as one when
they are of one account in one currency and their balances join.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from billing.statements import texts
from billing.statements.balances import Checked, Told, Totals, check
from billing.statements.camt_entries import Entry, read_entry
from billing.statements.camt_values import amount_of, currency_of, direction_of
from billing.statements.faults import Cell, Faults
from billing.statements.statement import ZERO, Detected, Line, Reversals, Statement, Style
from billing.statements.xml_tree import Element, parse

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[0-9]\.001\.[0-9]{2})")
VERSIONS = ("camt.053.001.02", "camt.053.001.08")
OPENING = ("OPBD", "PRCD")  # the balance before is the closing balance of the statement before
# The other balances of ISO 20022: available, interim, information.
OTHER_BALANCES = frozenset({"ITBD", "CLAV", "FWAV", "ITAV", "OPAV", "INFO", "XPCD"})


@dataclass
class _Part:
    """One <Stmt> of the file."""

    element: Element
    file: str
    account: str
    entries: list[Entry]
    opening: Told | None = None
    closing: Told | None = None
    totals: Totals = field(default_factory=Totals)

    @property
    def booked(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_booked]


def read_camt(
    files: Mapping[str, bytes], *, style: Style, max_lines: int, faults: Faults
) -> Statement:
    """The statement of these files, by name. Raises Unreadable with every fault of them."""
    parts: list[_Part] = []
    versions = set()
    for name, data in files.items():
        faults.member = name if len(files) > 1 else ""
        root = parse(data, faults)
        versions.add(_version(root, faults))
        for element in root.all("BkToCstmrStmt/Stmt"):
            parts.append(_part(element, faults))
            if sum(len(entry.movements) for part in parts for entry in part.entries) > max_lines:
                faults.stop(f"has more than {max_lines:,} lines. Export a shorter period.")
    faults.member = ""
    if not parts:
        faults.stop("holds no statement: <Stmt> is missing.")
    account = _one_account(parts, faults)
    currency = _one_currency(parts, style, faults)
    _refuse_repeated_bank_ids(parts, faults)
    faults.refuse_if_any()
    _settle_reversals(parts, style, faults)
    checked = _check(parts, faults)
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


def _version(root: Element, faults: Faults) -> str:
    found = NAMESPACE.fullmatch(root.namespace)
    version = found[1] if found else ""
    if version not in VERSIONS or root.name != "Document":
        named = version or root.namespace or f"<{root.name}>"
        faults.stop(
            f"is no statement that is read here, which are {' and '.join(VERSIONS)}.",
            line=root.line,
            value=named,
        )
    if root.first("BkToCstmrStmt") is None:
        faults.stop("holds no statement: <BkToCstmrStmt> is missing.", line=root.line)
    return version


def _part(element: Element, faults: Faults) -> _Part:
    entries = [
        read_entry(entry, number, faults)
        for number, entry in enumerate(element.all("Ntry"), start=1)
    ]
    identity = element.first("Acct/Id/IBAN") or element.first("Acct/Id/Othr/Id")
    cell = Cell(element.line, "Acct", identity.text if identity else "")
    is_iban = identity is not None and identity.name == "IBAN"
    account = texts.account(cell, faults, must_be_iban=is_iban)
    part = _Part(element, faults.member, account, entries)
    _read_balances(part, faults)
    _read_summary(part, faults)
    return part


def _read_balances(part: _Part, faults: Faults) -> None:
    found: dict[str, Told] = {}
    for balance in part.element.all("Bal"):
        kind = balance.text_of("Tp/CdOrPrtry/Cd")
        if kind not in (*OPENING, "CLBD"):
            if kind not in OTHER_BALANCES and balance.first("Tp/CdOrPrtry/Prtry") is None:
                faults.at(Cell(balance.line, "Bal/Tp", kind), "is no kind of balance.")
            continue
        amount, way = amount_of(balance, "Bal", faults), direction_of(balance, "Bal", faults)
        if amount is None or not way:
            continue
        cell = Cell(balance.line, f"Bal {kind}", balance.text_of("Amt"), part.file)
        told = Told(cell, way * amount + ZERO)
        if found.setdefault(kind, told).value != told.value:
            faults.at(cell, f"is a second {kind}, different from the first.")
    part.opening = found.get("OPBD") or found.get("PRCD")
    part.closing = found.get("CLBD")


def _read_summary(part: _Part, faults: Faults) -> None:
    """The sums and counts of <TxsSummry>."""
    totals = part.totals
    kinds = {
        "TtlNtries": (totals.count, totals.gross),
        "TtlCdtNtries": (totals.count_in, totals.sum_in),
        "TtlDbtNtries": (totals.count_out, totals.sum_out),
    }
    for name, (counts, sums) in kinds.items():
        for group in part.element.all(f"TxsSummry/{name}"):
            count, total = group.first("NbOfNtries"), group.first("Sum")
            if count:
                cell = Cell(count.line, f"{name}/NbOfNtries", count.text, part.file)
                if count.text.isascii() and count.text.isdigit() and len(count.text) < 10:
                    counts.append(Told(cell, Decimal(count.text)))
                else:
                    faults.at(cell, "is no number of entries.")
            amount = amount_of(group, name, faults, tag="Sum") if total else None
            if amount is not None:
                sums.append(Told(Cell(total.line, f"{name}/Sum", total.text, part.file), amount))


def _one_account(parts: Sequence[_Part], faults: Faults) -> str:
    account = parts[0].account
    for part in parts:
        if part.account != account:
            cell = Cell(part.element.line, "Acct", part.account, part.file)
            faults.at(cell, f"is another account than {account}. Import one account at a time.")
    return account


def _one_currency(parts: Sequence[_Part], style: Style, faults: Faults) -> str:
    named: list[Cell] = []
    for part in parts:
        account = part.element.first("Acct/Ccy")
        if account:
            named.append(Cell(account.line, "Acct/Ccy", account.text, part.file))
        amounts = (*part.element.all("Bal"), *part.element.all("Ntry"))
        named += [currency_of(element, part.file) for element in amounts]
    codes = Counter(cell.text for cell in named)
    currency = codes.most_common(1)[0][0] if codes else style.currency or ""
    is_tie = list(codes.values()).count(codes[currency]) > 1
    for cell in named:
        if cell.text != currency or is_tie:
            faults.at(cell, f"is not the currency of the statement, {currency}.")
    if named and style.currency and currency != style.currency:
        faults.at(named[0], f"is the currency of the file, not {style.currency} as chosen.")
    return currency


def _refuse_repeated_bank_ids(parts: Sequence[_Part], faults: Faults) -> None:
    first: dict[str, int] = {}
    for part in parts:
        for entry in part.entries:
            for movement in entry.movements:
                name, line = movement.bank_id, movement.element.line
                if name and first.setdefault(name, id(movement)) != id(movement):
                    cell = Cell(line, "AcctSvcrRef", name, part.file)
                    faults.at(cell, "is the bank’s id of another line of the file as well.")


def _settle_reversals(parts: Sequence[_Part], style: Style, faults: Faults) -> None:
    """Which way a reversal went: as chosen, or as the balances prove; never by assumption."""
    reversed_entries = [
        entry for part in parts for entry in part.entries if entry.is_reversal and entry.amount
    ]
    if not reversed_entries or style.reversals == Reversals.AS_MARKED:
        return
    if style.reversals == Reversals.TURNED:
        for entry in reversed_entries:
            entry.turn()
        return
    proven = [part for part in parts if any(entry.is_reversal for entry in part.booked)]
    if all(part.opening and part.closing and _adds_up(part) for part in proven):
        return
    cell = reversed_entries[0].cell("RvslInd")
    if all(part.opening and part.closing for part in proven):
        for entry in reversed_entries:
            entry.turn()
        turned = all(_adds_up(part) for part in proven)
        for entry in reversed_entries:
            entry.turn()
        if not turned:
            return  # then the balances are wrong either way, and say so
        reason = (
            "takes an entry back. The balances agree only if its direction is turned round. If "
            "this bank marks reversals with the direction of the entry taken back, choose "
            "“turned”; else an amount of the file is wrong."
        )
    else:
        reason = (
            "takes an entry back, and no balances show which way the money went. Choose whether "
            "this bank marks the reversal’s own direction, as ISO 20022 has it, or the other."
        )
    faults.ask("reversals", cell, reason)
    faults.refuse_if_any()


def _adds_up(part: _Part) -> bool:
    moved = sum((entry.amount for entry in part.booked), ZERO)
    return part.opening.value + moved == part.closing.value


def _check(parts: list[_Part], faults: Faults) -> Checked:
    """Each statement by itself, then that each begins where the one before ended."""
    checks: dict[str, None] = {}
    for part in parts:
        totals = part.totals
        totals.opening += [part.opening] if part.opening else []
        totals.closing += [part.closing] if part.closing else []
        checked = check(
            [entry.amount for entry in part.booked],
            [entry.booked_on for entry in part.booked],
            running=(),
            totals=totals,
            not_booked=[entry.amount for entry in part.entries if not entry.is_booked],
            faults=faults,
        )
        checks.update(dict.fromkeys(checked.checks))
    ordered = parts
    if parts[0].opening and parts[-1].closing and not _joined(parts) and _joined(parts[::-1]):
        ordered = parts[::-1]  # newest first
    for before, after in pairwise(ordered):
        if before.closing and after.opening and before.closing.value != after.opening.value:
            faults.at(
                after.opening.cell,
                f"does not go on where the statement before ends, at {before.closing.value:,}: "
                "one is missing between them.",
            )
    opening, closing = ordered[0].opening, ordered[-1].closing
    return Checked(
        opening.value if opening else None, closing.value if closing else None, tuple(checks)
    )


def _joined(parts: Sequence[_Part]) -> bool:
    return all(
        before.closing and after.opening and before.closing.value == after.opening.value
        for before, after in pairwise(parts)
    )


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
