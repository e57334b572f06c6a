"""A second, small reader of the two camt files: another parser, and only what stands in them."""

from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

from tests.billing.statements.dialects import Facts
from tests.billing.statements.second_reader import Expected, Refused, Verdict

VERSIONS = ("02", "08")


def judge_camt(text: str, *, currency: str) -> Verdict:
    """What may be made of a changed file; line numbers are left out (0)."""
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314
    except (ElementTree.ParseError, LookupError, ValueError):
        return Verdict(Expected.REFUSED)
    try:
        return Verdict(Expected.READ, tuple(_SecondCamtReader(root, currency).read()))
    except Refused as refused:
        return Verdict(Expected.REFUSED, place=refused.place)


class _SecondCamtReader:
    def __init__(self, root: ElementTree.Element, currency: str) -> None:
        self.root = root
        self.currency = currency
        names = [f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}" for version in VERSIONS]
        name = next((name for name in names if root.tag == f"{{{name}}}Document"), None)
        if name is None:
            raise Refused
        self.names = {"": name}

    def read(self) -> list[Facts]:
        for element in self.root.iter():
            texts = [element.text, *(child.tail for child in element)] if len(element) else []
            if any(text and text.strip() for text in texts):
                raise Refused
        found, accounts, last = [], set(), None
        for statement in self.root.findall("BkToCstmrStmt/Stmt", self.names):
            accounts.add(_compact(self._text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")))
            if self._text(statement, "Acct/Ccy") not in ("", self.currency):
                raise Refused
            lines, last = self._statement(statement, last)
            found += lines
        ids = [line.bank_id for line in found if line.bank_id]
        if len(accounts) != 1 or not found or len(ids) > len(set(ids)):
            raise Refused
        account = accounts.pop()
        if self.root.find(".//Acct/Id/IBAN", self.names) is not None and not _is_iban(account):
            raise Refused
        return found

    def _statement(
        self, statement: ElementTree.Element, last: Decimal | None
    ) -> tuple[list[Facts], Decimal | None]:
        balances = {}
        for balance in statement.findall("Bal", self.names):
            balances[self._text(balance, "Tp/CdOrPrtry/Cd")] = self._signed(balance)
        opening = balances.pop("OPBD", balances.pop("PRCD", None))
        closing = balances.pop("CLBD", None)
        if balances or opening is None or closing is None or last not in (None, opening):
            raise Refused
        found, entries = [], []
        for entry in statement.findall("Ntry", self.names):
            status = self._text(entry, "Sts/Cd", "Sts")
            if status not in ("BOOK", "PDNG"):
                raise Refused
            if self._text(entry, "RvslInd") not in ("", "true", "false", "0", "1"):
                raise Refused
            lines = self._entry(entry)
            if status == "BOOK":
                entries.append(self._signed(entry))
                found += lines
        if opening + sum(entries) != closing:
            raise Refused
        credits = [amount for amount in entries if amount > 0]
        for group in statement.findall("TxsSummry/TtlCdtNtries", self.names):
            if self._text(group, "NbOfNtries") not in (f"{len(credits)}", f"0{len(credits)}"):
                raise Refused
            if _number(self._text(group, "Sum")) != sum(credits):
                raise Refused
        return found, closing

    def _entry(self, entry: ElementTree.Element) -> list[Facts]:
        amount = self._signed(entry)
        booked, value = (self._day(entry, tag) for tag in ("BookgDt", "ValDt"))
        if not (booked or value):
            raise Refused
        days = (booked or value, value or booked)
        details = entry.findall("NtryDtls/TxDtls", self.names)
        identity = self._text(entry, "AcctSvcrRef")
        if len(details) < 2:
            source = details[0] if details else entry
            identity = self._text(source, "Refs/AcctSvcrRef") or identity
            return [Facts(0, *days, amount, *self._texts(entry, source), identity or None)]
        for batch in entry.findall("NtryDtls/Btch", self.names):
            if self._text(batch, "NbOfTxs").lstrip("0") != f"{len(details)}":
                raise Refused
            if _number(self._text(batch, "TtlAmt")) != abs(amount):
                raise Refused
        amounts = []
        for source in details:
            holder = source.find("AmtDtls/TxAmt", self.names)
            way = amount
            if source.find("CdtDbtInd", self.names) is not None:
                way = self._signed(source)
            of_one = self._amount(source if holder is None else holder)
            amounts.append(of_one if way >= 0 else -of_one)
        if sum(amounts) != amount:
            raise Refused
        return [
            Facts(0, *days, of_one, *self._texts(entry, source), identity and f"{identity}/{at}")
            for at, (source, of_one) in enumerate(zip(details, amounts, strict=True), start=1)
        ]

    def _texts(
        self, entry: ElementTree.Element, source: ElementTree.Element
    ) -> tuple[str, str, str]:
        came = self._signed(entry) >= 0
        if self._text(entry, "RvslInd") in ("true", "1"):
            came = not came
        party = "Dbtr" if came else "Cdtr"
        iban = self._text(source, f"RltdPties/{party}Acct/Id/IBAN")
        if iban and not _is_iban(iban):
            raise Refused
        written = [element.text or "" for element in source.findall("RmtInf/Ustrd", self.names)]
        reference = (
            " ".join(" ".join(written).split())
            or self._text(source, "RmtInf/Strd/CdtrRefInf/Ref")
            or self._text(source, "Refs/EndToEndId")
            or self._text(source, "AddtlTxInf")
            or self._text(entry, "AddtlNtryInf")
        )
        name = self._text(source, f"RltdPties/{party}/Pty/Nm", f"RltdPties/{party}/Nm")
        return name, _compact(iban), reference

    def _text(self, parent: ElementTree.Element, *paths: str) -> str:
        for path in paths:
            found = parent.find(path, self.names)
            if found is not None:
                return " ".join((found.text or "").split())
        return ""

    def _amount(self, parent: ElementTree.Element) -> Decimal:
        found = parent.find("Amt", self.names)
        if found is None or found.get("Ccy") != self.currency:
            raise Refused
        return _number((found.text or "").strip())

    def _signed(self, parent: ElementTree.Element) -> Decimal:
        way = {"CRDT": 1, "DBIT": -1}.get(self._text(parent, "CdtDbtInd"))
        if way is None:
            raise Refused
        return way * self._amount(parent)

    def _day(self, entry: ElementTree.Element, tag: str) -> date | None:
        if entry.find(tag, self.names) is None:
            return None
        text = self._text(entry, f"{tag}/Dt", f"{tag}/DtTm")
        pattern = "%Y-%m-%dT%H:%M:%S" if "T" in text else "%Y-%m-%d"
        if not text.isascii() or " " in text or len(text) != (19 if "T" in text else 10):
            raise Refused
        try:
            found = datetime.strptime(text, pattern).date()  # noqa: DTZ007
        except ValueError:
            raise Refused from None
        if not 1970 <= found.year < 2100:
            raise Refused
        return found


def _number(text: str) -> Decimal:
    whole, point, cents = text.partition(".")
    if not all(part.isascii() and part.isdigit() for part in (whole, cents if point else "0")):
        raise Refused
    if len(whole) > 12 or len(cents) > 2:
        raise Refused
    return Decimal(f"{whole}.{(cents + '00')[:2]}")


def _compact(text: str) -> str:
    return "".join(text.split()).upper()


def _is_iban(text: str) -> bool:
    """A German one, as all of the two files are."""
    compact = _compact(text)
    digits = f"{compact[4:]}1314{compact[2:4]}"
    is_german = compact.startswith("DE") and len(compact) == 22 and compact.isascii()
    return is_german and digits.isdigit() and int(digits) % 97 == 1
