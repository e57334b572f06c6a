"""Which heading means which field. Written as `plain` leaves them: lower case, no accents."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from billing.statements.currencies import CODES, SIGNS

# The first of two known headings in one file wins where more than one is usual (RANKED).
HEADINGS = {
    "booked_on": (
        "booking date, buchungstag, buchungsdatum, posting date, post date, posted date, "
        "date posted, posted on, booked on, date booked, entry date, buchung, date comptable, "
        "boekdatum, boekingsdatum, fecha contable, completed date, date completed, date, datum, "
        "fecha, date operation, date de l operation, fecha operacion, fecha de operacion, "
        "transaction date, trans date, transaktionsdatum"
    ),
    "value_date": (
        "value date, valuta, valutadatum, valuta date, wertstellung, wertstellungsdatum, "
        "wertstellungstag, date valeur, date de valeur, rentedatum, fecha valor, interest date"
    ),
    "amount": (
        "amount, betrag, umsatz, umsatzbetrag, buchungsbetrag, transaction amount, montant, "
        "bedrag, importe, value"
    ),
    "debit": (
        "debit, debits, debit amount, withdrawal, withdrawals, withdrawal amount, money out, "
        "paid out, soll, sollbetrag, belastung, belastungen, ausgang, ausgaben, debe, cargo, cargos"
    ),
    "credit": (
        "credit, credits, credit amount, deposit, deposits, deposit amount, money in, paid in, "
        "haben, habenbetrag, gutschrift, gutschriften, eingang, einnahmen, haber, abono, abonos"
    ),
    "indicator": (
        "debit credit, credit debit, debit credit indicator, credit debit indicator, dr cr, cr dr, "
        "d c, c d, s h, soll haben, soll haben kennzeichen, kennzeichen, vorzeichen, sign, af bij, "
        "sens"
    ),
    "currency": "currency, wahrung, waehrung, ccy, devise, munt, muntsoort, divisa, moneda",
    "payer_name": (
        "payer, payer name, name of payer, counterparty, counterparty name, name, sender, "
        "remitter, auftraggeber, auftraggeber empfanger, auftraggeber empfaenger, "
        "beguenstigter zahlungspflichtiger, begunstigter zahlungspflichtiger, "
        "auftraggeber beguenstigter, auftraggeber begunstigter, name zahlungsbeteiligter, "
        "zahlungspflichtige r, zahlungspflichtiger, partner name, partnername, tegenpartij, "
        "naam tegenpartij, contrepartie, ordenante, payee"
    ),
    "payer_iban": (
        "payer iban, counterparty iban, iban counterparty, iban zahlungsbeteiligter, "
        "kontonummer iban, gegenkonto iban, partner iban, tegenrekening iban bban, "
        "tegenrekening, gegenkonto, counterparty account, counterparty account number, iban"
    ),
    "reference": (
        "payment reference, reference, verwendungszweck, remittance information, "
        "zahlungsreferenz, payment details, purpose, mededelingen, omschrijving, communication, "
        "concepto"
    ),
    "details": (
        "description, details, narrative, memo, transaction details, transaction description, "
        "particulars, buchungstext, beschreibung, mitteilung, libelle, descripcion"
    ),
    "bank_transaction_id": (
        "bank transaction id, transaction id, transaction identifier, bank reference, bank ref, "
        "account servicer reference, transaktions id, transaktionsid, transaktionsnummer, "
        "buchungsreferenz, bankreferenz, fitid, transaction number"
    ),
    "balance": (
        "balance, running balance, balance after, account balance, saldo, saldo nach buchung, "
        "saldo nach umsatz, laufender saldo, kontostand, solde, saldo na mutatie, saldo na trn"
    ),
    "account": (
        "account, account number, account iban, own iban, auftragskonto, iban auftragskonto, "
        "kontonummer, konto, rekening, iban rekening, compte, cuenta"
    ),
    "status": "status, state, umsatzstatus, buchungsstatus, info",
}
RANKED = frozenset(
    {"booked_on", "payer_name", "payer_iban", "reference", "details", "bank_transaction_id"}
)
IN_WORDS = {
    "booked_on": "booking date",
    "value_date": "value date",
    "amount": "amount",
    "debit": "money out",
    "credit": "money in",
    "indicator": "in or out",
    "currency": "currency",
    "payer_name": "payer",
    "payer_iban": "payer’s IBAN",
    "reference": "reference",
    "details": "further text",
    "bank_transaction_id": "bank’s transaction id",
    "balance": "running balance",
    "account": "own account",
    "status": "status",
}
RANK = {
    heading: (field, rank)
    for field, headings in HEADINGS.items()
    for rank, heading in enumerate(headings.split(", "))
}
CURRENCY_AT_END = re.compile(r"[\s(\[]([A-Z]{3}|[€£$])[)\]]?\s*$")


def plain(text: str) -> str:
    """A heading or label as it is looked up: “Währung:” and “WAHRUNG” are both “wahrung”."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        letter if letter.isalnum() else " "
        for letter in letters
        if not unicodedata.combining(letter)
    )
    return " ".join("".join(kept).split())


def currency_in(heading: str) -> str:
    """“Amount (EUR)”, “Betrag in EUR” and “Betrag (€)” name a currency; most headings do not."""
    found = CURRENCY_AT_END.search(heading)
    named = found[1] if found else ""
    return named if named in CODES or named in SIGNS else ""


@lru_cache(maxsize=4096)
def field_and_rank(heading: str) -> tuple[str, int] | None:
    currency = currency_in(heading)
    name = plain(heading[: heading.rindex(currency)] if currency else heading)
    return RANK.get(name) or RANK.get(name.removesuffix(" in"))


def assign(headings: Iterable[str]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """The column of each field, and the fields for which several columns stand in line."""
    known: dict[str, list[tuple[int, int]]] = {}
    for column, heading in enumerate(headings):
        found = field_and_rank(heading) if heading[:1].isalpha() else None
        if found:
            known.setdefault(found[0], []).append((found[1], column))
    fields = {field: min(columns)[1] for field, columns in known.items()}
    several = {
        field: [column for _, column in columns]
        for field, columns in known.items()
        if len(columns) > 1 and field not in RANKED
    }
    return fields, several
