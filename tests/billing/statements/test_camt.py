"""camt.053: batches, reversals, pages and days, zips; and what the bank says of them."""

import io
import re
import zipfile
from decimal import Decimal

import pytest

from billing.statements import Reversals, Statement, Style, read
from tests.billing.statements.camt_files import BATCHES, REVERSALS
from tests.billing.statements.dialects import facts
from tests.billing.statements.reading import faults, refusal
from tests.billing.statements.test_dialects import facts_of

FRONT, FIRST_DAY, SECOND_DAY, BACK = re.split("(?=<n:Stmt>)|(?=</n:BkTo)", REVERSALS)


def read_xml(text: str, **options: object) -> Statement:
    return read(text.encode(), file_name="march.xml", **options)


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.xml", text)
    return buffer.getvalue()


def of_days(*days: str) -> str:
    return "".join((FRONT, *days, BACK))


def test_version_02_with_a_batch_is_read() -> None:
    statement = read_xml(BATCHES)

    assert facts_of(statement) == (
        facts(12, "2025-03-03", "1145.56", "Müller & Söhne", "DE89370400440532013000",
              "IG-7K3F- QX9M-46", "B-71/1", value="2025-03-04"),
        facts(16, "2025-03-03", "89.00", "TacBit", "", "IG-2222-2222-56", "B-71/2",
              value="2025-03-04"),
        facts(20, "2025-03-14", "-89.00", "Haus", "", "Miete", "B-72"),
        facts(24, "2025-03-31", "121.94"),
    )  # fmt: skip
    assert statement.format == "camt.053.001.02"
    assert (statement.currency, statement.account) == ("EUR", "DE02120300000000202051")
    assert (statement.opening_balance, statement.closing_balance) == (
        Decimal("-1000.00"), Decimal("267.50"),
    )  # fmt: skip
    assert (statement.sum_in, statement.sum_out) == (Decimal("1356.50"), Decimal("89.00"))
    assert [str(line.amount) for line in statement.not_booked] == ["7.00"]
    assert "<Nm>Müller &amp; Söhne</Nm>" in statement.lines[0].raw


def test_version_08_with_days_and_a_reversal_is_read() -> None:
    statement = read_xml(REVERSALS)

    assert facts_of(statement) == (
        facts(8, "2025-03-03", "-89.00", "Home G8", "", "IG-7K3F-QX9M-46", "R-9"),
        facts(21, "2025-03-04", "210.25", "", "", "RF18539007547034", "R-10/1"),
        facts(23, "2025-03-04", "-10.00", "", "", "Fee", "R-10/2"),
    )
    assert statement.format == "camt.053.001.08"
    assert (statement.currency, statement.account) == ("USD", "4471-0099")
    assert (str(statement.opening_balance), str(statement.closing_balance)) == ("500.00", "611.25")


def test_which_way_a_reversal_went_is_proven_or_asked_for() -> None:
    turned = REVERSALS.replace("411.00", "589.00").replace("611.25", "789.25")

    refused = refusal(turned.encode())
    assert refused.facts["asks"] == ("reversals",)
    assert [(fault.line, fault.column) for fault in refused.facts["faults"]] == [
        (8, "Ntry 1/RvslInd")
    ]
    chosen = read_xml(turned, style=Style(reversals=Reversals.TURNED))
    assert [str(line.amount) for line in chosen.lines] == ["89.00", "210.25", "-10.00"]
    assert faults(REVERSALS.encode(), style=Style(reversals=Reversals.TURNED))

    without_balances = of_days(FIRST_DAY).replace("PRCD", "OPAV").replace("CLBD", "CLAV")
    assert refusal(without_balances.encode()).facts["asks"] == ("reversals",)
    for choice, amount in ((Reversals.AS_MARKED, "-89.00"), (Reversals.TURNED, "89.00")):
        statement = read_xml(without_balances, style=Style(reversals=choice))
        assert [str(line.amount) for line in statement.lines] == [amount]
        assert (statement.opening_balance, statement.closing_balance) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1145.56</Amt>", "1145.57</Amt>", "2 transactions sum up to 1,234.57"),
        ("1234.56</TtlAmt>", "1234.57</TtlAmt>", "the entry is of 1,234.56"),
        ("<NbOfTxs>2<", "<NbOfTxs>3<", "there are 2 transactions"),
        ('<Amt Ccy="EUR">89.00</Amt></TxAmt>', '<Amt Ccy="USD">89.00</Amt></TxAmt>', "divided"),
        ('<TxAmt><Amt Ccy="EUR">89.00</Amt></TxAmt>', "", "has no amount, while others"),
        ("267.50", "267.51", "make 267.50"),
        ("1356.5<", "1356.6<", "the lines make 1,356.50"),
        ("<NbOfNtries>2<", "<NbOfNtries>3<", "the lines make 2"),
        ("<Sts>PDNG", "<Sts>PDGN", "does not say whether the entry is booked"),
        ("OPBD", "OPBX", "is no kind of balance"),
        ("<Ccy>EUR", "<Ccy>USD", "The file is in EUR and USD"),
        ('Ccy="EUR">121.94', 'Ccy="EUX">121.94', "is no currency code"),
        ("DE0212", "DE0213", "is no IBAN"),
        ("121.94", "", "No amount"),
        ("121.94", "121,94", "is no amount"),
        ("121.94", "-121.94", "is no amount"),
        ("121.94", "1e2", "is no amount"),
        ("<Dt>2025-03-31", "<Dt>2025-02-31", "is no date"),
        ("<BookgDt><Dt>2025-03-31</Dt></BookgDt>", "", "neither a booking date nor a value date"),
        ("<AcctSvcrRef>B-72", "<AcctSvcrRef>B-71/1", "another line of the file"),
        ("<Sts>BOOK", "x<Sts>BOOK", "between two elements"),
        ("<AcctSvcrRef>B-71", f"<AcctSvcrRef>{'x' * 99}", "no bank writes more than 100"),
    ],
)
def test_what_does_not_agree_is_refused(old: str, new: str, says: str) -> None:
    assert old in BATCHES

    refused = refusal(BATCHES.replace(old, new, 1).encode())

    assert says in refused.message
    assert all(fault.line for fault in refused.facts["faults"])


def test_the_net_of_all_entries_agrees_in_both_versions() -> None:
    in_02 = "<TtlNetNtryAmt>{0}</TtlNetNtryAmt><CdtDbtInd>{1}</CdtDbtInd>"
    in_08 = "<TtlNetNtry><Amt>{0}</Amt><CdtDbtInd>{1}</CdtDbtInd></TtlNetNtry>"
    for tags in (in_02, in_08):
        told = f"<TxsSummry><TtlNtries>{tags}</TtlNtries>"
        right = BATCHES.replace("<TxsSummry>", told.format("1267.50", "CRDT"))
        assert facts_of(read_xml(right)) == facts_of(read_xml(BATCHES))
        for wrong in (("1267.51", "CRDT"), ("1267.50", "DBIT")):
            text = BATCHES.replace("<TxsSummry>", told.format(*wrong))
            assert "the lines make 1,267.50" in refusal(text.encode()).message


def test_an_entry_under_another_name_of_the_namespace_is_not_passed_over() -> None:
    name = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
    unused = BATCHES.replace("<Document ", f'<Document xmlns:c="{name}" ')
    assert facts_of(read_xml(unused)) == facts_of(read_xml(BATCHES))

    head, _, last = unused.rpartition("<Ntry>")
    hidden = f"{head}<c:Ntry>{last.replace('</Ntry>', '</c:Ntry>')}"

    assert "two names for one namespace" in refusal(hidden.encode()).message


def test_a_batch_without_single_amounts_is_one_line() -> None:
    text = BATCHES
    for amount in ("1145.56", "89.00"):
        text = text.replace(f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>', "")

    first = read_xml(text).lines[0]

    assert (str(first.amount), first.bank_transaction_id) == ("1234.56", "B-71")
    assert first.reference == "IG-7K3F- QX9M-46 | IG-2222-2222-56"


def test_days_of_a_file_join_in_either_order() -> None:
    newest_first = read_xml(of_days(SECOND_DAY, FIRST_DAY))

    assert newest_first.lines[0].bank_transaction_id == "R-10/1"
    assert (str(newest_first.opening_balance), str(newest_first.closing_balance)) == (
        "500.00", "611.25",
    )  # fmt: skip
    gap = SECOND_DAY.replace("411.00", "412.00").replace("611.25", "612.25")
    assert [fault.value for fault in faults(of_days(FIRST_DAY, gap).encode())] == ["412.00"]
    other = SECOND_DAY.replace("4471-0099", "4471-0098")
    assert "another account" in refusal(of_days(FIRST_DAY, other).encode()).message


def test_balances_of_pages_join_over_what_lies_between() -> None:
    """The opening balance stands on the first page, the closing balance on the last."""
    first, last = REVERSALS.index("CLBD"), REVERSALS.index("OPBD")
    pages = f"{REVERSALS[:first]}ITBD{REVERSALS[first + 4 : last]}ITBD{REVERSALS[last + 4 :]}"

    assert read_xml(pages).opening_balance == Decimal("500.00")
    assert faults(pages.replace("200.25", "200.26").replace("210.25", "210.26").encode())


def test_a_zip_of_days_is_read_as_one() -> None:
    statement = read(packed(a=of_days(FIRST_DAY), b=of_days(SECOND_DAY)), file_name="march.zip")

    assert [line.amount for line in statement.lines] == [
        line.amount for line in read_xml(REVERSALS).lines
    ]
    assert [line.file for line in statement.lines] == ["a.xml", "b.xml", "b.xml"]
    assert [line.number for line in statement.lines] == [1, 2, 3]
    alone = read(packed(a=REVERSALS), file_name="march.zip")
    assert facts_of(alone) == facts_of(read_xml(REVERSALS))

    slip = of_days(SECOND_DAY.replace("210.25", "x"))
    wrong = refusal(packed(a=of_days(FIRST_DAY), b=slip), file_name="m.zip")
    (fault,) = wrong.facts["faults"]
    assert (fault.file, fault.column) == ("b.xml", "Ntry 1/TxDtls/Amt")


def test_other_encodings_and_one_long_line_are_read() -> None:
    latin = BATCHES.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    utf_16 = BATCHES.replace("UTF-8", "UTF-16").encode("utf-16")

    for data in (latin, utf_16):
        assert facts_of(read(data, file_name="m.xml")) == facts_of(read_xml(BATCHES))
    flat = read_xml(BATCHES.replace("\n", ""))
    assert [(line.number, line.line_number) for line in flat.lines] == [
        (1, 1), (2, 1), (3, 1), (4, 1),
    ]  # fmt: skip


def test_a_chosen_currency_must_be_the_file_s() -> None:
    assert "not in USD" in refusal(BATCHES.encode(), style=Style(currency="USD")).message
    assert read_xml(BATCHES, style=Style(currency="EUR")).currency == "EUR"
