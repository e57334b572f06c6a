"""A bank's statement file, kept from its upload until it is imported or forgotten."""

from collections.abc import Mapping
from datetime import datetime

from billing.models import BankFormat, BankStatement, StatementUpload
from billing.statements import MAX_BYTES, Style, file_sha256
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User


class AlreadyImported(StateConflict):
    """This very file; facts: `statement`."""

    code = "statement_imported"


def upload(
    *, bank: str, file_name: str, content: bytes, by: User, now: datetime
) -> StatementUpload:
    """Keep a file for its preview, to be read as this bank's last one was; nothing else changes.

    Raises InvalidValue for a bank without a name and for a file that is empty or over 10 MB,
    AlreadyImported (saying by whom and when) for the same file.
    """
    bank = clean_bank(bank)
    check_size(len(content))
    sha256 = file_sha256(content)
    refuse_imported(sha256)
    remembered = BankFormat.objects.filter(bank=bank).first()
    return StatementUpload.objects.create(
        bank=bank,
        file_name=file_name[:255],
        file_sha256=sha256,
        content=content,
        columns=remembered.columns if remembered else {},
        style=remembered.style if remembered else {},
        uploaded_at=now,
        uploaded_by=by,
    )


def check_size(size: int) -> None:
    """`size` is in bytes. Raises InvalidValue for a file that is empty or over 10 MB."""
    if not size:
        raise InvalidValue("This file is empty.", field="file")
    if size > MAX_BYTES:
        raise InvalidValue(
            f"This file has {size / 1_000_000:,.1f} MB; {MAX_BYTES // 1_000_000} MB fit. "
            "Export a shorter period.",
            field="file",
        )


def clean_bank(bank: str) -> str:
    """A bank's name as it is kept; one that differs only in case is the one there is.

    Raises InvalidValue.
    """
    bank = " ".join(bank.split())
    if not any(map(str.isalnum, bank)) or len(bank) > 100 or "\x00" in bank:
        raise InvalidValue("Name the bank, in at most 100 characters.", field="bank")
    known = BankFormat.objects.filter(bank__iexact=bank).first()
    return known.bank if known else bank


def choose(
    *, upload: StatementUpload, columns: Mapping[str, str], style: Mapping[str, str]
) -> StatementUpload:
    """Say how this file is to be read: heading by field, and the fields of Style.

    Raises InvalidValue for a choice that does not exist, AlreadyImported.
    """
    if upload.statement_id is not None:
        refuse_imported(upload.file_sha256)
    style = {name: value for name, value in style.items() if value}
    Style(**style)
    upload.columns = dict(columns)
    upload.style = style
    upload.save(update_fields=["columns", "style"])
    return upload


def refuse_imported(sha256: str) -> None:
    """Raises AlreadyImported when the file with this hash was imported."""
    earlier = BankStatement.objects.filter(file_sha256=sha256).select_related("imported_by").first()
    if earlier is not None:
        raise AlreadyImported(
            f"This file was imported on {earlier.imported_at:%Y-%m-%d %H:%M} UTC by "
            f"{earlier.imported_by}, as {earlier.file_name}. Nothing was changed.",
            current="imported",
            statement=earlier.pk,
        )


def forget_unconfirmed(*, before: datetime) -> int:
    """Remove the files uploaded before a time that nobody imported; returns how many."""
    waiting = StatementUpload.objects.filter(statement=None, uploaded_at__lt=before)
    return waiting.delete()[0]
