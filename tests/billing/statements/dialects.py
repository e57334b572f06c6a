"""CSV statements as banks write them: each with how it is written and what it says.

A dialect is what the mutation test's own reader knows of a file; `lines` is what a person reads
in it. The files are small, so that every character of them can be changed.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.statements import Style

IBAN_1 = "DE89370400440532013000"
IBAN_2 = "NL91ABNA0417164300"
IBAN_3 = "GB29NWBK60161331926819"
OWN = "DE02120300000000202051"


class Facts(NamedTuple):
    """What a line says; `line` is where it begins."""

    line: int
    booked_on: date
    value_date: date
    amount: Decimal
    payer_name: str = ""
    payer_iban: str = ""
    reference: str = ""
    bank_id: str | None = None


def facts(line: int, booked_on: str, amount: str, *texts: str | None, value: str = "") -> Facts:
    booked = date.fromisoformat(booked_on)
    return Facts(line, booked, date.fromisoformat(value or booked_on), Decimal(amount), *texts)


@dataclass(frozen=True)
class Dialect:
    """`columns` gives the place of each field; `day` is "DMY" and so on.

    `labels` are rows about the lines: label to kind. A total under a column is `kind@column`.
    """

    name: str
    text: str
    encoding: str
    delimiter: str
    columns: dict[str, int]
    decimal: str
    day: str
    currency: str
    lines: tuple[Facts, ...]
    group: str = ""
    opening: str | None = None
    closing: str | None = None
    account: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    opening_text: str = ""  # in a row that has a balance and no amount
    newest_first: bool = False
    debit_sign: str = ""
    style: Style | None = None
    not_booked: int = 0

    @property
    def data(self) -> bytes:
        return self.text.encode(self.encoding)

    @property
    def header_line(self) -> int:
        return self.lines[0].line - 1 - bool(self.opening_text and not self.newest_first)


SAVINGS_BANK = Dialect(
    name="semicolon, Windows-1252, everything quoted, short years, status and own account",
    text=(
        '"Auftragskonto";"Buchungstag";"Valutadatum";"Verwendungszweck";"Beguenstigter/'
        'Zahlungspflichtiger";"Kontonummer/IBAN";"Betrag";"Waehrung";"Info"\r\n'
        f'"447199";"28.02.25";"01.03.25";"IG-7K3F-QX9M-46 Büro";"Müller & Söhne";"{IBAN_1}";'
        '"1.234,56";"EUR";"Umsatz gebucht"\r\n'
        '"447199";"03.03.25";"03.03.25";"Miete ""März""";"Haus; Hof";"";"-89,00";"EUR";'
        '"Umsatz gebucht"\r\n'
        '"447199";"04.03.25";"04.03.25";"IG-2222-2222-56";"Café Lux";"";"0,00";"EUR";'
        '"Umsatz gebucht"\r\n'
        '"447199";"05.03.25";"05.03.25";"";"Café Lux";"";"7,10";"EUR";"Umsatz vorgemerkt"\r\n'
    ),
    encoding="cp1252",
    delimiter=";",
    columns={
        "account": 0, "booked_on": 1, "value_date": 2, "reference": 3, "payer_name": 4,
        "payer_iban": 5, "amount": 6, "currency": 7, "status": 8,
    },
    decimal=",",
    group=".",
    day="%d.%m.%y",
    currency="EUR",
    account="447199",
    lines=(
        facts(2, "2025-02-28", "1234.56", "Müller & Söhne", IBAN_1, "IG-7K3F-QX9M-46 Büro",
              value="2025-03-01"),
        facts(3, "2025-03-03", "-89.00", "Haus; Hof", "", 'Miete "März"'),
        facts(4, "2025-03-04", "0.00", "Café Lux", "", "IG-2222-2222-56"),
    ),
    not_booked=1,
)  # fmt: skip

DIRECT_BANK = Dialect(
    name="semicolon, UTF-8 with mark, lines in front of the headings, currency in a heading",
    text=(
        f"Girokonto;Max Muster;;;\nIBAN;{OWN};;;\nZeitraum:;März 2025;;;\n;;;;\n"
        "Buchungsdatum;Status;Zahlungspflichtige*r;Verwendungszweck;Betrag (€)\n"
        "01.03.2025;Gebucht;Home G8;IG-7K3F-QX9M-46;89,00 €\n"
        "02.03.2025;Gebucht;TacBit;Abo März;1.139,5 €\n"
        "31.03.2025;Gebucht;Stadtwerke;Strom;-45,07 €\n"
    ),
    encoding="utf-8-sig",
    delimiter=";",
    columns={"booked_on": 0, "status": 1, "payer_name": 2, "reference": 3, "amount": 4},
    decimal=",",
    group=".",
    day="%d.%m.%Y",
    currency="EUR",
    account=OWN,
    labels={"IBAN": "account"},
    lines=(
        facts(6, "2025-03-01", "89.00", "Home G8", "", "IG-7K3F-QX9M-46"),
        facts(7, "2025-03-02", "1139.50", "TacBit", "", "Abo März"),
        facts(8, "2025-03-31", "-45.07", "Stadtwerke", "", "Strom"),
    ),
)

HIGH_STREET = Dialect(
    name="comma, two columns for in and out, running balance, day first with slashes",
    text=(
        "Date,Description,Paid out,Paid in,Balance,Currency\n"
        "13/03/2025,BALANCE BROUGHT FORWARD,,,900.10,GBP\n"
        "13/03/2025,HOME G8 IG-7K3F-QX9M-46,,139.00,1039.10,GBP\n"
        "14/03/2025,Rent,400.00,,639.10,GBP\n"
        '27/03/2025,"Tac, Bit",,"1,360.90","2,000.00",GBP\n'
    ),
    encoding="utf-8",
    delimiter=",",
    columns={
        "booked_on": 0, "details": 1, "debit": 2, "credit": 3, "balance": 4, "currency": 5,
    },
    decimal=".",
    group=",",
    day="%d/%m/%Y",
    currency="GBP",
    opening_text="BALANCE BROUGHT FORWARD",
    opening="900.10",
    closing="2000.00",
    lines=(
        facts(3, "2025-03-13", "139.00", "", "", "HOME G8 IG-7K3F-QX9M-46"),
        facts(4, "2025-03-14", "-400.00", "", "", "Rent"),
        facts(5, "2025-03-27", "1360.90", "", "", "Tac, Bit"),
    ),
)  # fmt: skip

AMERICAN = Dialect(
    name="comma, month first, dollar signs and brackets, everything quoted",
    text=(
        '"Posting Date","Description","Amount"\r\n'
        '"03/13/2025","WIRE HOME G8 IG-7K3F-QX9M-46","$1,234.56"\r\n'
        '"03/14/2025","CHECK 1001","($89.00)"\r\n'
        '"03/31/2025","FEE","($0.50)"\r\n'
    ),
    encoding="ascii",
    delimiter=",",
    columns={"booked_on": 0, "details": 1, "amount": 2},
    decimal=".",
    group=",",
    day="%m/%d/%Y",
    currency="USD",
    style=Style(currency="USD"),
    lines=(
        facts(2, "2025-03-13", "1234.56", "", "", "WIRE HOME G8 IG-7K3F-QX9M-46"),
        facts(3, "2025-03-14", "-89.00", "", "", "CHECK 1001"),
        facts(4, "2025-03-31", "-0.50", "", "", "FEE"),
    ),
)

WALLET = Dialect(
    name="comma, times beside the days, lines not completed, ids of the bank",
    text=(
        "Transaction ID,Completed Date,State,Description,Amount,Currency,Balance\n"
        "tx-a91,2025-03-01 09:30:00,COMPLETED,Home G8 IG-7K3F-QX9M-46,89.00,USD,189.00\n"
        "tx-b72,2025-03-02 23:59:59,PENDING,Card hold,-12.00,USD,\n"
        "tx-c53,2025-03-03 00:00:01,COMPLETED,Fee,-0.89,USD,188.11\n"
        "tx-d34,2025-03-04 12:00:00,COMPLETED,TacBit,20.00,USD,208.11\n"
    ),
    encoding="utf-8",
    delimiter=",",
    columns={
        "bank_transaction_id": 0, "booked_on": 1, "status": 2, "details": 3, "amount": 4,
        "currency": 5, "balance": 6,
    },
    decimal=".",
    day="%Y-%m-%d %H:%M:%S",
    currency="USD",
    opening="100.00",
    closing="208.11",
    lines=(
        facts(2, "2025-03-01", "89.00", "", "", "Home G8 IG-7K3F-QX9M-46", "tx-a91"),
        facts(4, "2025-03-03", "-0.89", "", "", "Fee", "tx-c53"),
        facts(5, "2025-03-04", "20.00", "", "", "TacBit", "tx-d34"),
    ),
    not_booked=1,
)  # fmt: skip

FRENCH = Dialect(
    name="tab, UTF-16, blanks between thousands, debit with a minus",
    text=(
        "Compte\tFR1420041010050500013M02606\t\t\t\r\n"
        "Date comptable\tLibellé\tDébit\tCrédit\tDevise\r\n"
        "03/03/2025\tVIR Société Générale IG-7K3F-QX9M-46\t\t1 234,56\tEUR\r\n"
        "14/03/2025\tLoyer\t-980,00\t\tEUR\r\n"
        "31/03/2025\tFrais\t-3,20\t\tEUR\r\n"
        "31/03/2025\tVIR TacBit\t\t12 000,00\tEUR\r\n"
    ),
    encoding="utf-16",
    delimiter="\t",
    columns={"booked_on": 0, "details": 1, "debit": 2, "credit": 3, "currency": 4},
    decimal=",",
    group=" ",
    debit_sign="-",
    day="%d/%m/%Y",
    currency="EUR",
    account="FR1420041010050500013M02606",
    labels={"Compte": "account"},
    lines=(
        facts(3, "2025-03-03", "1234.56", "", "", "VIR Société Générale IG-7K3F-QX9M-46"),
        facts(4, "2025-03-14", "-980.00", "", "", "Loyer"),
        facts(5, "2025-03-31", "-3.20", "", "", "Frais"),
        facts(6, "2025-03-31", "12000.00", "", "", "VIR TacBit"),
    ),
)

SWISS = Dialect(
    name="semicolon, apostrophes, newest first with a running balance and an opening row below",
    text=(
        "Buchungsdatum;Valuta;Buchungstext;Belastung;Gutschrift;Saldo CHF\n"
        "31.03.2025;31.03.2025;Gebühr;5.00;;13'229.55\n"
        "28.03.2025;01.04.2025;Gutschrift Home G8, IG-7K3F-QX9M-46;;12'345.65;13'234.55\n"
        "14.03.2025;14.03.2025;Miete;1'111.10;;888.90\n"
        "01.03.2025;;Saldovortrag;;;2'000.00\n"
    ),
    encoding="cp1252",
    delimiter=";",
    columns={
        "booked_on": 0, "value_date": 1, "details": 2, "debit": 3, "credit": 4, "balance": 5,
    },
    decimal=".",
    group="'",
    day="%d.%m.%Y",
    currency="CHF",
    opening="2000.00",
    closing="13229.55",
    opening_text="Saldovortrag",
    newest_first=True,
    lines=(
        facts(2, "2025-03-31", "-5.00", "", "", "Gebühr"),
        facts(3, "2025-03-28", "12345.65", "", "", "Gutschrift Home G8, IG-7K3F-QX9M-46",
              value="2025-04-01"),
        facts(4, "2025-03-14", "-1111.10", "", "", "Miete"),
    ),
)  # fmt: skip

DUTCH = Dialect(
    name="comma, decimal comma in quotation marks, days without signs, a column for in and out",
    text=(
        '"Datum","Naam tegenpartij","Rekening","Tegenrekening","Af Bij","Bedrag","Munt",'
        '"Mededelingen"\n'
        f'"20250301","Home G8","{IBAN_2}","{IBAN_1}","Bij","89,00","EUR","IG-7K3F-QX9M-46"\n'
        f'"20250314","Huur BV","{IBAN_2}","","Af","1250,00","EUR","huur"\n'
        f'"20250331","TacBit","{IBAN_2}","{IBAN_3}","Bij","139,00","EUR","a, b"\n'
    ),
    encoding="utf-8",
    delimiter=",",
    columns={
        "booked_on": 0, "payer_name": 1, "account": 2, "payer_iban": 3, "indicator": 4,
        "amount": 5, "currency": 6, "reference": 7,
    },
    decimal=",",
    day="%Y%m%d",
    currency="EUR",
    account=IBAN_2,
    lines=(
        facts(2, "2025-03-01", "89.00", "Home G8", IBAN_1, "IG-7K3F-QX9M-46"),
        facts(3, "2025-03-14", "-1250.00", "Huur BV", "", "huur"),
        facts(4, "2025-03-31", "139.00", "TacBit", IBAN_3, "a, b"),
    ),
)  # fmt: skip

COOPERATIVE = Dialect(
    name="semicolon, debit and credit as S and H, balances in front of and behind the lines",
    text=(
        "Anfangssaldo;01.03.2025;;1.000,00;EUR;\r\n"
        ";;;;;\r\n"
        "Buchungstag;Auftraggeber/Empfänger;Verwendungszweck;Umsatz;Währung;Soll/Haben\r\n"
        "03.03.2025;Home G8;IG-7K3F-QX9M-46;1.234,56;EUR;H\r\n"
        "14.03.2025;Vermieter;Miete;980,00;EUR;S\r\n"
        "31.03.2025;TacBit;;139,00;EUR;H\r\n"
        "Anzahl Buchungen;3\r\n"
        "Endsaldo;31.03.2025;;1.393,56;EUR;\r\n"
    ),
    encoding="cp1252",
    delimiter=";",
    columns={
        "booked_on": 0, "payer_name": 1, "reference": 2, "amount": 3, "currency": 4, "indicator": 5,
    },
    decimal=",",
    group=".",
    day="%d.%m.%Y",
    currency="EUR",
    opening="1000.00",
    closing="1393.56",
    labels={"Anfangssaldo": "opening", "Endsaldo": "closing", "Anzahl Buchungen": "count"},
    lines=(
        facts(4, "2025-03-03", "1234.56", "Home G8", "", "IG-7K3F-QX9M-46"),
        facts(5, "2025-03-14", "-980.00", "Vermieter", "", "Miete"),
        facts(6, "2025-03-31", "139.00", "TacBit", "", ""),
    ),
)  # fmt: skip

MAINFRAME = Dialect(
    name="vertical bar, signs behind, months by name",
    text=(
        "Booking date|Value date|Counterparty|Payment reference|Amount|Ccy\n"
        "05 Mar 2025|06 Mar 2025|HOME G8|IG-7K3F-QX9M-46|1,234.56|USD\n"
        "17 Mar 2025|17 Mar 2025|LANDLORD|RENT|980.00-|USD\n"
        "31 Mar 2025|01 Apr 2025|TACBIT||139.00|USD\n"
    ),
    encoding="ascii",
    delimiter="|",
    columns={
        "booked_on": 0, "value_date": 1, "payer_name": 2, "reference": 3, "amount": 4,
        "currency": 5,
    },
    decimal=".",
    group=",",
    day="%d %b %Y",
    currency="USD",
    lines=(
        facts(2, "2025-03-05", "1234.56", "HOME G8", "", "IG-7K3F-QX9M-46", value="2025-03-06"),
        facts(3, "2025-03-17", "-980.00", "LANDLORD", "", "RENT"),
        facts(4, "2025-03-31", "139.00", "TACBIT", "", "", value="2025-04-01"),
    ),
)  # fmt: skip

MULTILINE = Dialect(
    name="semicolon, line breaks in quotation marks, totals under the columns",
    text=(
        "Datum;Text;Verwendungszweck;Soll;Haben;Währung\n"
        '03.03.2025;Gutschrift;"Rechnung 12\nIG-7K3F-\nQX9M-46";;1.234,56;EUR\n'
        '14.03.2025;Überweisung;"Miete\r\nMärz";980,00;;EUR\n'
        "31.03.2025;Gebühr;;4,44;;EUR\n"
        "Summe;;;984,44;1.234,56;EUR\n"
    ),
    encoding="utf-8",
    delimiter=";",
    columns={"booked_on": 0, "reference": 2, "debit": 3, "credit": 4, "currency": 5},
    decimal=",",
    group=".",
    day="%d.%m.%Y",
    currency="EUR",
    labels={"Summe": "total"},
    lines=(
        facts(2, "2025-03-03", "1234.56", "", "", "Rechnung 12 IG-7K3F- QX9M-46"),
        facts(5, "2025-03-14", "-980.00", "", "", "Miete März"),
        facts(7, "2025-03-31", "-4.44", "", "", ""),
    ),
)

SPANISH = Dialect(
    name="semicolon, currency beside the amounts, running balance newest first without opening",
    text=(
        "Fecha;Fecha valor;Concepto;Importe;Saldo\n"
        "31/03/2025;31/03/2025;Comisión;-3,20 EUR;2.250,36 EUR\n"
        "14/03/2025;15/03/2025;Alquiler;-980,00 EUR;2.253,56 EUR\n"
        "13/03/2025;13/03/2025;Home G8 IG-7K3F-QX9M-46;1.233,56 EUR;3.233,56 EUR\n"
    ),
    encoding="cp1252",
    delimiter=";",
    columns={"booked_on": 0, "value_date": 1, "reference": 2, "amount": 3, "balance": 4},
    decimal=",",
    group=".",
    day="%d/%m/%Y",
    currency="EUR",
    opening="2000.00",
    closing="2250.36",
    newest_first=True,
    lines=(
        facts(2, "2025-03-31", "-3.20", "", "", "Comisión"),
        facts(3, "2025-03-14", "-980.00", "", "", "Alquiler", value="2025-03-15"),
        facts(4, "2025-03-13", "1233.56", "", "", "Home G8 IG-7K3F-QX9M-46"),
    ),
)

REPORT = Dialect(
    name="comma, totals of all kinds in front of the headings, UTF-16 without mark",
    text=(
        "Statement of account\n"
        "Account number,4471-0099\n"
        "Currency,USD\n"
        'Opening balance,"1,000.00"\n'
        'Closing balance,"1,204.00"\n'
        "Total credits,228.00\n"
        "Total debits,24.00\n"
        "Number of transactions,3\n"
        "\n"
        "Booking Date,Payer,Payment Reference,Amount\n"
        "2025-03-01,Home G8,IG-7K3F-QX9M-46,89.00\n"
        "2025-03-14,Bank,Fee,-24.00\n"
        "2025-03-31,TacBit,,139.00\n"
        "End of statement\n"
    ),
    encoding="utf-16-le",
    delimiter=",",
    columns={"booked_on": 0, "payer_name": 1, "reference": 2, "amount": 3},
    decimal=".",
    group=",",
    day="%Y-%m-%d",
    currency="USD",
    account="4471-0099",
    opening="1000.00",
    closing="1204.00",
    labels={
        "Account number": "account", "Currency": "currency", "Opening balance": "opening",
        "Closing balance": "closing", "Total credits": "sum_in", "Total debits": "sum_out",
        "Number of transactions": "count", "End of statement": "end",
    },
    lines=(
        facts(11, "2025-03-01", "89.00", "Home G8", "", "IG-7K3F-QX9M-46"),
        facts(12, "2025-03-14", "-24.00", "Bank", "", "Fee"),
        facts(13, "2025-03-31", "139.00", "TacBit", "", ""),
    ),
)  # fmt: skip

DIALECTS = (
    SAVINGS_BANK,
    DIRECT_BANK,
    HIGH_STREET,
    AMERICAN,
    WALLET,
    FRENCH,
    SWISS,
    DUTCH,
    COOPERATIVE,
    MAINFRAME,
    MULTILINE,
    SPANISH,
    REPORT,
)
