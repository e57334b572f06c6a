"""Files that are no statement, damaged, or made to do harm: refused in words, and soon."""

import gzip
import io
import zipfile
from collections.abc import Callable
from itertools import pairwise

import pytest

from billing.statements import MAX_BYTES, reading, xml_tree
from tests.billing.statements.camt_files import BATCHES
from tests.billing.statements.reading import read_table, refusal, table

ENTITIES = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefgh")
)
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">{ENTITIES}]><l>&h;</l>'
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">&x;</Document>'
)
CAMT_02 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
LINE = "2025-03-31;P;R;5,00;EUR"


def packed(*files: tuple[str, bytes], lie: Callable | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
        if lie:
            lie(archive.infolist()[0])
    return buffer.getvalue()


def declare_a_gigabyte(member: zipfile.ZipInfo) -> None:
    member.file_size = 2**30


def declare_less(member: zipfile.ZipInfo) -> None:
    member.file_size = 10


def encrypt(member: zipfile.ZipInfo) -> None:
    member.flag_bits |= 1


def lead_out(member: zipfile.ZipInfo) -> None:
    member.filename = "../../etc/march.xml"


HOSTILE = {
    "empty": (b"", "is empty"),
    "blank": (b" \r\n\t\n", "is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
    "headings only": (table(), "no lines"),
    "no table": (b"Dear customer,\n\nnothing moved.\n", "booking date"),
    "one column": (b"Date\n2025-03-31\n", "has no table"),
    "PDF": (b"%PDF-1.7\n...", "is a PDF"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "CSV UTF-8"),
    "Excel": (packed(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "CSV UTF-8"),
    "OpenDocument": (packed(("mimetype", b"x"), ("content.xml", b"<x/>")), "CSV UTF-8"),
    "web page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
    "web page as XML": (b"<?xml version='1.0'?>\n<html xmlns='x'></html>", "is a web page"),
    "gzip": (gzip.compress(table(LINE)), "gzip"),
    "MT940": (b":20:STARTUMSE\r\n:25:4471/0099\r\n:60F:C250301EUR1000,00", "MT940"),
    "OFX": (b"OFXHEADER:100\nDATA:OFXSGML\n", "OFX"),
    "QIF": (b"!Type:Bank\nD03/31'25\nT5.00\n^\n", "QIF"),
    "too large": (b"x" * (MAX_BYTES + 1), "10 MB"),
    "too many blank lines": (b"\n" * 1_000_000 + table(LINE), "20,000 lines"),
    "too many columns": (b";" * 10_000 + b"\n" + table(LINE, head=";" * 300), "booking date"),
    "zeros": (bytes(1000), "is empty"),
    "noise": (bytes(range(256)) * 4, "Windows-1252"),
    "half a letter of UTF-16": ("Date;Amount\n".encode("utf-16") + b"1", "UTF-16"),
    "damaged UTF-8": ("Müller".encode() + b"\xfc", "as the rest of the file"),
    "billion laughs": (LAUGHS.encode(), "document type or entities"),
    "external entity": (EXTERNAL.encode(), "document type or entities"),
    "truncated XML": (BATCHES[:900].encode(), "damaged or incomplete"),
    "unclosed XML": (BATCHES.rstrip()[:-1].encode(), "damaged or incomplete"),
    "unknown encoding": (BATCHES.replace("UTF-8", "UTF-9").encode(), "encoding"),
    "wrong encoding": (BATCHES.encode("latin-1"), "damaged or incomplete"),
    "deep XML": (b"<a>" * 50_000, "nested deeper"),
    "another XML": (b"<?xml version='1.0'?><invoice/>", "invoice"),
    "camt.054": (BATCHES.replace("camt.053", "camt.054").encode(), "camt.053.001.02"),
    "another version": (BATCHES.replace("001.02", "001.03").encode(), "camt.053.001.08"),
    "XML without statements": (f"<Document xmlns='{CAMT_02}'/>".encode(), "BkToCstmrStmt"),
    "XML without entries": (
        f"<Document xmlns='{CAMT_02}'><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>".encode(),
        "nothing to import",
    ),
    "XML without Stmt": (
        f"<Document xmlns='{CAMT_02}'><BkToCstmrStmt/></Document>".encode(), "Stmt",
    ),
    "damaged zip": (packed(("a.xml", BATCHES.encode()))[:-30], "damaged zip"),
    "empty zip": (packed(), "empty zip"),
    "zip bomb": (packed(("a.xml", b"<a>" + b" " * 5_000_000)), "100 times"),
    "zip too large": (packed(("a.xml", bytes(range(256)) * 40_000)), "10 MB"),
    "zip that declares a gigabyte": (
        packed(("a.xml", BATCHES.encode()), lie=declare_a_gigabyte), "10 MB",
    ),
    "zip that declares less": (packed(("a.xml", b"<a>" * 5000), lie=declare_less), "damaged zip"),
    "zip with a way out": (packed(("a.xml", BATCHES.encode()), lie=lead_out), "leads out"),
    "zip with an absolute path": (packed(("/etc/a.xml", BATCHES.encode())), "leads out"),
    "zip with a drive": (packed(("C:a.xml", BATCHES.encode())), "leads out"),
    "zip with a password": (packed(("a.xml", BATCHES.encode()), lie=encrypt), "password"),
    "zip of many files": (packed(*((f"{n}.xml", b"<a/>") for n in range(101))), "101 files"),
    "zip in a zip": (packed(("a.zip", packed(("a.xml", b"<a/>")))), "is not XML"),
    "zip of one file twice": (
        packed(("a.xml", BATCHES.encode()), ("a (1).xml", BATCHES.encode())), "zip twice",
    ),
    "zip of a CSV": (packed(("a.csv", table(LINE))), "is not XML"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_in_words(data: bytes, says: str) -> None:
    refused = refusal(data, file_name="march.bin")

    assert says in refused.message
    assert refused.facts["faults"]


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINES", 3)

    assert "more than 3 lines" in refusal(table(*[LINE] * 4)).message
    assert "more than 3 lines" in refusal(BATCHES.encode()).message
    monkeypatch.setattr(xml_tree, "MAX_ELEMENTS", 20)
    assert "more elements" in refusal(BATCHES.encode()).message
    assert len(read_table(table(*[LINE] * 3)).lines) == 3


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("a.xml", BATCHES.encode()), ("a.xml", BATCHES.encode()))

    assert "two files of the same name" in refusal(data).message


def test_an_unclosed_quotation_mark_on_each_line_is_refused_soon() -> None:
    lines = [f'2025-03-31;P;"{"x" * 400};5,00;EUR'] * 1000

    assert len(refusal(table(*lines)).facts["faults"]) == 1000
