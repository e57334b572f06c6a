"""The statements in a zip: read in memory, never unpacked to a disk."""

import io
import zipfile
import zlib

from billing.statements.faults import Faults

MAX_MEMBERS = 100
MAX_RATIO = 100  # a camt.053 packs to a fifteenth or so
# What a workbook or text document has inside.
OFFICE = ("[Content_Types].xml", "mimetype", "content.xml")


def members(data: bytes, *, max_bytes: int, faults: Faults) -> dict[str, bytes]:
    """Name and content of each file, by name. Raises Unreadable for what is no such zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, max_bytes, faults)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError):
        faults.stop("is a damaged zip file, or a kind that is not read. Download it again.")


def _read(archive: zipfile.ZipFile, max_bytes: int, faults: Faults) -> dict[str, bytes]:
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    names = [member.filename for member in files]
    if any(name in OFFICE or name.startswith("xl/") for name in names):
        faults.stop("is a workbook. Save it as “CSV UTF-8” and upload that.")
    if not files:
        faults.stop("is an empty zip file.")
    if len(files) > MAX_MEMBERS:
        faults.stop(f"holds {len(files):,} files; {MAX_MEMBERS} are read at a time.")
    if len(set(names)) < len(names):
        faults.stop("holds two files of the same name.")
    left = max_bytes
    found = {}
    for member in sorted(files, key=lambda member: member.filename):
        _check(member, left, max_bytes, faults)
        with archive.open(member) as file:
            # What is declared may be a lie; no more than what is left is ever unpacked.
            content = file.read(left + 1)
        if len(content) > min(left, member.compress_size * MAX_RATIO):
            faults.stop("unpacks to far more than a statement.", value=member.filename)
        if content in found.values():
            # Its lines would be taken for genuine twins.
            faults.stop("is in the zip twice, under two names.", value=member.filename)
        left -= len(content)
        found[member.filename] = content
    return found


def _check(member: zipfile.ZipInfo, left: int, max_bytes: int, faults: Faults) -> None:
    name = member.filename
    if name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
        faults.stop("is a path that leads out of the zip. It is not read.", value=name)
    if member.flag_bits & 0x1:
        faults.stop("is protected by a password. Unpack it and upload what is inside.", value=name)
    if member.file_size > left:
        faults.stop(
            f"and the other files of the zip unpack to more than {max_bytes // 1_000_000} MB.",
            value=name,
        )
    if member.file_size > member.compress_size * MAX_RATIO:
        faults.stop(
            f"unpacks to more than {MAX_RATIO} times its size, as no statement does.", value=name
        )
