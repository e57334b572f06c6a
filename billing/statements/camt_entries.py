"""One entry of camt.053: a booking, and the transactions a batch of them is made of."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.statements import texts
from billing.statements.camt_values import amount_of, day_of, direction_of, truth_of
from billing.statements.faults import Cell, Faults
from billing.statements.statement import ZERO
from billing.statements.xml_tree import Element

BOOKED = "BOOK"
NOT_BOOKED = frozenset({"PDNG", "INFO", "FUTR"})


@dataclass(eq=False)
class Movement:
    """What becomes one line."""

    element: Element
    amount: Decimal
    payer_name: str
    payer_iban: str
    reference: str
    bank_id: str | None


@dataclass(eq=False)
class Entry:
    """One <Ntry>. Its facts are only to be used when reading it left no fault behind."""

    element: Element
    number: int
    file: str
    amount: Decimal = ZERO
    is_booked: bool = True
    is_reversal: bool = False
    booked_on: date = date.min
    value_date: date = date.min
    movements: list[Movement] = field(default_factory=list)

    def cell(self, tag: str) -> Cell:
        found = self.element.first(tag) or self.element
        return Cell(found.line, f"Ntry {self.number}/{tag}", found.text, self.file)

    def turn(self) -> None:
        """Money that came has left, or the other way round."""
        self.amount = -self.amount
        for movement in self.movements:
            movement.amount = -movement.amount


def read_entry(element: Element, number: int, faults: Faults) -> Entry:
    """The entry; `number` counts them within their statement, for people."""
    entry = Entry(element, number, faults.member)
    path = f"Ntry {number}"
    amount, way = amount_of(element, path, faults), direction_of(element, path, faults)
    entry.amount = way * (amount or ZERO) + ZERO
    entry.is_reversal = truth_of(element, "RvslInd", path, faults)
    entry.is_booked = _is_booked(entry, faults)
    booked_on = day_of(element, "BookgDt", path, faults)
    value_date = day_of(element, "ValDt", path, faults)
    if not any(element.first(tag) for tag in ("BookgDt", "ValDt")):
        faults.at(Cell(element.line, path, ""), "has neither a booking date nor a value date.")
    entry.booked_on = booked_on or value_date or date.min
    entry.value_date = value_date or entry.booked_on
    if amount is not None and way:
        entry.movements = _movements(entry, faults)
    return entry


def _is_booked(entry: Entry, faults: Faults) -> bool:
    status = entry.element.first("Sts/Cd") or entry.element.first("Sts")
    text = status.text if status else ""
    if text != BOOKED and text not in NOT_BOOKED:
        faults.at(entry.cell("Sts"), "does not say whether the entry is booked.")
    return text == BOOKED


def _movements(entry: Entry, faults: Faults) -> list[Movement]:
    details = list(entry.element.all("NtryDtls/TxDtls"))
    if len(details) < 2:
        return [_movement(entry, details[0] if details else None, entry.amount, "", faults)]
    given = [_amount_element(transaction) for transaction in details]
    _check_batch(entry, len(details), faults)
    if not any(given):  # the bank booked them as one and tells no single amounts
        together = _movement(entry, None, entry.amount, "", faults)
        references = (_reference(entry, transaction, faults) for transaction in details)
        together.reference = texts.joined(*references)[: texts.MAX_REFERENCE]
        return [together]
    currency = entry.element.first("Amt").attributes.get("Ccy")
    movements = []
    for at, (transaction, holder) in enumerate(zip(details, given, strict=True), start=1):
        amount = _signed(entry, transaction, holder, currency, faults)
        if amount is not None:
            movements.append(_movement(entry, transaction, amount, f"/{at}", faults))
    total = sum((movement.amount for movement in movements), ZERO)
    if len(movements) == len(details) and total != entry.amount:
        faults.at(
            entry.cell("Amt"),
            f"does not agree: its {len(details)} transactions sum up to {abs(total):,}.",
        )
    return movements


def _check_batch(entry: Entry, count: int, faults: Faults) -> None:
    """What <Btch> says of the transactions below it, where it is the only one."""
    batches = list(entry.element.all("NtryDtls/Btch"))
    if len(batches) != 1:
        return
    told, total = batches[0].first("NbOfTxs"), batches[0].first("TtlAmt")
    path = f"Ntry {entry.number}/Btch"
    if told and told.text.lstrip("0") != str(count):
        cell = Cell(told.line, f"{path}/NbOfTxs", told.text)
        faults.at(cell, f"does not agree: there are {count} transactions.")
    amount = amount_of(batches[0], path, faults, tag="TtlAmt") if total else None
    if amount is not None and amount != abs(entry.amount):
        cell = Cell(total.line, f"{path}/TtlAmt", total.text)
        faults.at(cell, f"does not agree: the entry is of {abs(entry.amount):,}.")


def _amount_element(transaction: Element) -> Element | None:
    """The element that holds the transaction's <Amt>: itself since version 04, before a detail."""
    if transaction.first("Amt"):
        return transaction
    return transaction.first("AmtDtls/TxAmt") or transaction.first("AmtDtls/InstdAmt")


def _signed(
    entry: Entry, transaction: Element, holder: Element | None, currency: str, faults: Faults
) -> Decimal | None:
    path = f"Ntry {entry.number}/TxDtls"
    if holder is None:
        faults.at(Cell(transaction.line, path, ""), "has no amount, while others of it have one.")
        return None
    amount = amount_of(holder, path, faults)
    if amount is None:
        return None
    named = holder.first("Amt").attributes.get("Ccy", "")
    if named != currency:
        faults.at(
            Cell(holder.line, f"{path}/@Ccy", named),
            f"is not the currency of the entry, {currency}; so it cannot be divided.",
        )
    way = 1 if entry.amount >= 0 else -1
    if transaction.first("CdtDbtInd"):
        way = direction_of(transaction, path, faults)
    return way * amount + ZERO


def _movement(
    entry: Entry, transaction: Element | None, amount: Decimal, part: str, faults: Faults
) -> Movement:
    source = transaction or entry.element
    name, account = _other_side(entry, source, faults)
    return Movement(
        element=source if part else entry.element,
        amount=amount,
        payer_name=name,
        payer_iban=account,
        reference=_reference(entry, source, faults),
        bank_id=_bank_id(entry, transaction, part, faults),
    )


def _other_side(entry: Entry, source: Element, faults: Faults) -> tuple[str, str]:
    """Who paid, or was paid. A reversal keeps the parties of the entry it takes back."""
    came = (entry.amount >= 0) != entry.is_reversal
    party, account = ("Dbtr", "DbtrAcct") if came else ("Cdtr", "CdtrAcct")
    parties = source.first("RltdPties")
    if parties is None:
        return "", ""
    name = parties.first(f"{party}/Pty/Nm") or parties.first(f"{party}/Nm")
    number = parties.first(f"{account}/Id/IBAN") or parties.first(f"{account}/Id/Othr/Id")
    path = f"Ntry {entry.number}/RltdPties"
    return (
        texts.bounded(_cell(name, source, f"{path}/{party}"), texts.MAX_NAME, faults),
        texts.account(
            _cell(number, source, f"{path}/{account}"),
            faults,
            must_be_iban=number is not None and number.name == "IBAN",
        ),
    )


def _reference(entry: Entry, source: Element, faults: Faults) -> str:
    """What the payer wrote; without it, what the bank adds."""
    written = " ".join(text.text for text in source.all("RmtInf/Ustrd"))
    structured = " ".join(text.text for text in source.all("RmtInf/Strd/CdtrRefInf/Ref"))
    end_to_end = source.text_of("Refs/EndToEndId")
    found = texts.joined(*map(texts.clean, (written, structured, end_to_end)))
    if not found:
        added = source.text_of("AddtlTxInf") or entry.element.text_of("AddtlNtryInf")
        found = texts.clean(added)
    cell = Cell(source.line, f"Ntry {entry.number}/RmtInf", found)
    return texts.bounded(cell, texts.MAX_REFERENCE, faults)


def _bank_id(entry: Entry, transaction: Element | None, part: str, faults: Faults) -> str | None:
    """The bank's own id; transactions without one get the batch's, with their place in it."""
    own = transaction.first("Refs/AcctSvcrRef") if transaction else None
    of_entry = entry.element.first("AcctSvcrRef")
    found = own if own and not part else None
    path = f"Ntry {entry.number}/AcctSvcrRef"
    identity = texts.bank_id(_cell(found or of_entry, entry.element, path), faults)
    if not part:
        return identity
    of_part = texts.bank_id(_cell(own, entry.element, path), faults)
    if of_part and of_part != identity:
        return of_part
    if not identity:
        return None
    source = of_entry or entry.element
    return texts.bank_id(Cell(source.line, path, f"{identity}{part}"), faults)


def _cell(found: Element | None, fallback: Element, path: str) -> Cell:
    return Cell(found.line if found else fallback.line, path, found.text if found else "")
