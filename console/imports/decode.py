"""From bytes to text: which encoding a file is in, found out and said."""

import codecs

from tenancy.errors import InvalidValue

# The longer mark first: UTF-32's begins with UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
SAVE_AS = "In Excel: File, Save as, “CSV UTF-8”."


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding, as people know it.

    Without a byte order mark it is UTF-8, or else Windows-1252, which older Excels write. Raises
    InvalidValue for a workbook and for bytes that are neither.
    """
    if content.startswith(WORKBOOKS):
        raise InvalidValue(f"This is a workbook, not a CSV file. {SAVE_AS}", field="file")
    for mark, codec, label in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _strictly(content, codec, label), label
    if content.count(0) > len(content) // 4:
        raise InvalidValue(
            f"This looks like UTF-16 without its byte order mark, or no text at all. {SAVE_AS}",
            field="file",
        )
    try:
        return content.decode(), "UTF-8"
    except UnicodeDecodeError:
        return _strictly(content, "cp1252", "Windows-1252"), "Windows-1252"


def _strictly(content: bytes, codec: str, label: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidValue(
            f"Byte {error.start:,} (line {line:,}) is neither UTF-8 nor {label}. {SAVE_AS}"
            if label == "Windows-1252"
            else f"The file says it is {label}, but byte {error.start:,} is not. {SAVE_AS}",
            field="file",
        ) from None
