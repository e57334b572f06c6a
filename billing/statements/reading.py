"""The one way in: which kind of file it is, and who reads it."""

import re
from collections.abc import Mapping

from billing.statements.archive import members
from billing.statements.camt import read_camt
from billing.statements.csv_lines import read_csv
from billing.statements.faults import Faults
from billing.statements.headings import HEADINGS
from billing.statements.statement import Statement, Style
from tenancy.errors import InvalidValue

MAX_BYTES = 10_000_000
MAX_LINES = 20_000
SAVE_AS = "Save it as “CSV UTF-8” in Excel or LibreOffice and upload that."
ASK_THE_BANK = "Download the statement from the bank as CSV or camt.053."
# By the first bytes.
OTHER_KINDS = (
    (b"%PDF", f"is a PDF. {ASK_THE_BANK}"),
    (b"\xd0\xcf\x11\xe0", f"is a workbook of Excel. {SAVE_AS}"),
    (b"\x1f\x8b", "is packed with gzip. Unpack it and upload what is inside."),
    (b"Rar!", "is packed with RAR. Unpack it and upload what is inside."),
    (b"7z\xbc\xaf", "is packed with 7-Zip. Unpack it and upload what is inside."),
    (b"{\\rtf", f"is a text document. {ASK_THE_BANK}"),
)
# By the first letters.
OTHER_TEXTS = (
    (re.compile(r":20:|\{1:F01"), f"is MT940, which is not read. {ASK_THE_BANK}"),
    (re.compile(r"OFXHEADER"), f"is OFX, which is not read. {ASK_THE_BANK}"),
    (re.compile(r"!Type:"), f"is QIF, which is not read. {ASK_THE_BANK}"),
    (re.compile(r"<!doctype html|<html", re.I), f"is a web page. {ASK_THE_BANK}"),
)


def read(
    data: bytes,
    *,
    file_name: str,
    columns: Mapping[str, str] | None = None,
    style: Style | None = None,
) -> Statement:
    """Read a bank statement: CSV of any bank, or camt.053.001.02 or .08, plain or in a zip.

    `columns` is what a person chose: heading by field ("" for “there is none”), the fields being
    the keys of HEADINGS; the others are found by their headings. `style` likewise. Nothing is
    guessed: what can mean two things is asked for. Raises Unreadable, which names every place
    that cannot be read, and InvalidValue for a choice of a field that does not exist.
    """
    unknown = set(columns or ()) - set(HEADINGS)
    if unknown:
        raise InvalidValue(f"There is no field {', '.join(sorted(unknown))}.", field="columns")
    faults = Faults(file_name)
    style = style or Style()
    _refuse_other_kinds(data, faults)
    if data.startswith(b"PK"):
        files = members(data, max_bytes=MAX_BYTES, faults=faults)
        for name, content in files.items():
            if not _is_xml(content):
                faults.stop(
                    "is not XML; of a zip, only camt.053 files are read. Unpack it.", value=name
                )
        return read_camt(files, style=style, max_lines=MAX_LINES, faults=faults)
    if _is_xml(data):
        return read_camt({file_name: data}, style=style, max_lines=MAX_LINES, faults=faults)
    return read_csv(data, columns=columns or {}, style=style, max_lines=MAX_LINES, faults=faults)


def _beginning(data: bytes) -> str:
    """The first letters, whatever the encoding: without byte order mark, zeros and blanks."""
    letters = data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:2000]
    return letters.replace(b"\x00", b"").decode("latin-1")


def _is_xml(data: bytes) -> bool:
    return _beginning(data).startswith("<")


def _refuse_other_kinds(data: bytes, faults: Faults) -> None:
    if len(data) > MAX_BYTES:
        faults.stop(f"is larger than {MAX_BYTES // 1_000_000} MB. Export a shorter period.")
    for mark, reason in OTHER_KINDS:
        if data.startswith(mark):
            faults.stop(reason)
    beginning = _beginning(data)
    if not beginning:
        faults.stop("is empty.")
    for pattern, reason in OTHER_TEXTS:
        if pattern.match(beginning):
            faults.stop(reason)
    if beginning.startswith("<") and re.search(r"<html[\s>]", beginning, re.IGNORECASE):
        faults.stop(f"is a web page. {ASK_THE_BANK}")
