"""From bytes to text: which encoding a file is in, found out and said."""

import codecs
import re

from billing.statements.faults import Faults

# The longer mark first: UTF-32's begins with UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# A letter beyond ASCII in UTF-8. In Windows-1252 these bytes side by side spell nothing ("Ã¼").
UTF8_LETTER = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
NEW_LINE = re.compile(r"\r\n|\r|\n")


def decode(data: bytes, faults: Faults) -> tuple[str, str]:
    """The text of a file and the name of its encoding. Raises Unreadable for what is no text."""
    named = [(codec, label) for mark, codec, label in BYTE_ORDER_MARKS if data.startswith(mark)]
    codec, label = named[0] if named else _without_mark(data, faults)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        _stop_at(data, error, label, faults)
    return text, label


def _without_mark(data: bytes, faults: Faults) -> tuple[str, str]:
    if data.count(0) > len(data) // 4:
        # Each ASCII letter of UTF-16 has a zero byte: behind it in the little-endian kind.
        is_little = data[1::2].count(0) > data[::2].count(0)
        return ("utf-16-le" if is_little else "utf-16-be"), "UTF-16"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if any(_is_utf8(found[0]) for found in UTF8_LETTER.finditer(data)):
            _stop_at(data, error, "UTF-8, as the rest of the file is", faults)
        return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _is_utf8(letters: bytes) -> bool:
    try:
        letters.decode()
    except UnicodeDecodeError:
        return False
    return True


def _stop_at(data: bytes, error: UnicodeDecodeError, label: str, faults: Faults) -> None:
    before = data[: error.start].replace(b"\x00", b"").decode("latin-1")
    faults.stop(
        f"is not {label}. The file is damaged: download it again.",
        line=len(NEW_LINE.findall(before)) + 1,
        value=" ".join(f"0x{byte:02X}" for byte in data[error.start : error.start + 4]),
    )
