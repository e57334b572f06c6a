"""The balances and sums of camt.053: what they say, and whether the entries agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from billing.statements.balances import Checked, Told, Totals, check
from billing.statements.camt_entries import Entry
from billing.statements.camt_values import amount_of, direction_of
from billing.statements.faults import Cell, Faults
from billing.statements.statement import ZERO, Reversals
from billing.statements.xml_tree import Element

# The balance before is the closing balance of the statement before.
OPENING = ("OPBD", "PRCD")
CLOSING = "CLBD"
# The other balances of ISO 20022: interim, available, information.
OTHERS = frozenset({"ITBD", "CLAV", "FWAV", "ITAV", "OPAV", "INFO", "XPCD"})


@dataclass(eq=False)
class Part:
    """One <Stmt> of the file: a day, a page, or all of it."""

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

    @property
    def moved(self) -> Decimal:
        return sum((entry.amount for entry in self.booked), ZERO)


@dataclass(frozen=True)
class _Chain:
    """From the first balance to the last. `proven` are the parts between two of them."""

    differing: list[tuple[Told, Decimal]]
    proven: set[Part]


def read_balances(part: Part, faults: Faults) -> None:
    found: dict[str, Told] = {}
    for balance in part.element.all("Bal"):
        kind = balance.text_of("Tp/CdOrPrtry/Cd")
        if kind not in (*OPENING, CLOSING):
            if kind not in OTHERS and balance.first("Tp/CdOrPrtry/Prtry") is None:
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
    part.closing = found.get(CLOSING)


def read_summary(part: Part, faults: Faults) -> None:
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
    for group in part.element.all("TxsSummry/TtlNtries"):
        _read_net(part, group, faults)


def _read_net(part: Part, group: Element, faults: Faults) -> None:
    """What came less what left: <TtlNetNtry> in version 08, <TtlNetNtryAmt> in 02."""
    inner = group.first("TtlNetNtry")
    holder, tag = (inner, "Amt") if inner else (group, "TtlNetNtryAmt")
    told = holder.first(tag)
    if told is None or (inner is None and group.first("CdtDbtInd") is None):
        return
    amount = amount_of(holder, "TtlNtries", faults, tag=tag)
    way = direction_of(holder, "TtlNtries", faults)
    if amount is not None and way:
        cell = Cell(told.line, f"TtlNtries/{tag}", told.text, part.file)
        part.totals.net.append(Told(cell, way * amount + ZERO))


def settle_reversals(parts: Sequence[Part], chosen: Reversals | None, faults: Faults) -> None:
    """Which way a reversal went: as chosen, or as the balances prove; never by assumption."""
    reversed_entries = [
        entry for part in parts for entry in part.entries if entry.is_reversal and entry.amount
    ]
    if not reversed_entries or chosen == Reversals.AS_MARKED:
        return
    if chosen == Reversals.TURNED:
        _turn(reversed_entries)
        return
    chain = _chain(_in_order(parts))
    is_proven = all(
        part in chain.proven or not any(entry.is_reversal for entry in part.booked)
        for part in parts
    )
    if is_proven and not chain.differing:
        return
    reason = (
        "takes an entry back, and no balances show which way the money went. Choose whether this "
        "bank marks the reversal’s own direction, as ISO 20022 has it, or the other."
    )
    if is_proven:
        _turn(reversed_entries)
        would_agree = not _chain(_in_order(parts)).differing
        _turn(reversed_entries)
        if not would_agree:
            return  # the balances are wrong either way, and say so
        reason = (
            "takes an entry back. The balances agree only if its direction is turned round. If "
            "this bank marks reversals with the direction of the entry taken back, choose "
            "“turned”; else an amount of the file is wrong."
        )
    faults.ask("reversals", reversed_entries[0].cell("RvslInd"), reason)
    faults.refuse_if_any()


def _turn(entries: Sequence[Entry]) -> None:
    for entry in entries:
        entry.turn()


def check_balances(parts: Sequence[Part], faults: Faults) -> Checked:
    """The sums of each part, and the balances from the first to the last."""
    checks: dict[str, None] = {}
    for part in parts:
        summed = check(
            [entry.amount for entry in part.booked],
            [entry.booked_on for entry in part.booked],
            running=(),
            totals=part.totals,
            not_booked=[entry.amount for entry in part.entries if not entry.is_booked],
            faults=faults,
        )
        checks.update(dict.fromkeys(summed.checks))
    ordered = _in_order(parts)
    chain = _chain(ordered)
    for told, value in chain.differing:
        faults.at(told.cell, f"does not agree: balances and entries before it make {value:,}.")
    if chain.proven:
        checks["opening balance + lines = closing balance"] = None
    opening, closing = ordered[0].opening, ordered[-1].closing
    return Checked(
        opening.value if opening else None, closing.value if closing else None, tuple(checks)
    )


def _in_order(parts: Sequence[Part]) -> Sequence[Part]:
    """Oldest first: as in the file, unless the balances join only the other way round."""
    other_way = parts[::-1]
    return other_way if _chain(parts).differing and not _chain(other_way).differing else parts


def _chain(parts: Sequence[Part]) -> _Chain:
    differing: list[tuple[Told, Decimal]] = []
    proven: set[Part] = set()
    balance, since = None, []
    for part in parts:
        if part.opening:
            if balance is not None and balance != part.opening.value:
                differing.append((part.opening, balance))
            balance, since = part.opening.value, []
        since.append(part)
        if balance is not None:
            balance += part.moved
        if part.closing:
            if balance is not None:
                proven.update(since)
                if balance != part.closing.value:
                    differing.append((part.closing, balance))
            balance, since = part.closing.value, []
    return _Chain(differing, proven)
