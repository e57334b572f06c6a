"""Bank statements: a file is uploaded, read for a preview, imported as a whole or not at all."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.models import BankFormat, BankStatement, StatementLine, StatementUpload
from billing.services import references
from billing.statements import (
    MAX_BYTES,
    Fault,
    Fingerprint,
    Line,
    Statement,
    Style,
    Unreadable,
    file_sha256,
    fingerprints,
    read,
)
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, lock, record

LONGEST_PAYER = 255
LONGEST_IBAN = 34
LONGEST_REFERENCE = 255
BATCH = 1_000
MOST = Decimal(10) ** 12  # as the database stores sums and balances


class AlreadyImported(StateConflict):
    """This very file; facts: `statement`."""

    code = "statement_imported"


class PreviewOutdated(StateConflict):
    """What would be imported is not what was shown."""

    code = "preview_outdated"


@dataclass(frozen=True)
class NewLine:
    line: Line
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Preview:
    """What importing would do. `statement` is None where the file cannot be read: see `faults`.

    `asks` names what a person can choose to go on (fields of Style, or "columns"); `known` counts
    the lines that earlier files brought; `fingerprint` stands for all of it.
    """

    statement: Statement | None
    new: tuple[NewLine, ...]
    known: int
    faults: tuple[Fault, ...]
    asks: tuple[str, ...]
    headings: tuple[str, ...]
    fingerprint: str

    @property
    def sum_in(self) -> Decimal:
        return sum((one.line.amount for one in self.new if one.line.amount > 0), Decimal("0.00"))

    @property
    def sum_out(self) -> Decimal:
        return -sum((one.line.amount for one in self.new if one.line.amount < 0), Decimal("0.00"))


def upload(
    *, bank: str, file_name: str, content: bytes, by: User, now: datetime
) -> StatementUpload:
    """Keep a file for its preview, to be read as this bank's last one was; nothing else changes.

    Raises InvalidValue for a bank without a name and for a file that is empty or over 10 MB,
    AlreadyImported (saying by whom and when) for the same file.
    """
    bank = clean_bank(bank)
    if not content:
        raise InvalidValue("This file is empty.", field="file")
    if len(content) > MAX_BYTES:
        raise InvalidValue(
            f"This file has {len(content) / 1_000_000:,.1f} MB; {MAX_BYTES // 1_000_000} MB fit. "
            "Export a shorter period.",
            field="file",
        )
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


def preview(*, upload: StatementUpload) -> Preview:
    """Read an upload and say what importing it would do. Changes nothing and raises nothing."""
    try:
        statement = read(
            bytes(upload.content),
            file_name=upload.file_name,
            columns=upload.columns,
            style=Style(**upload.style),
        )
    except Unreadable as refusal:
        return _unreadable(
            refusal.facts["faults"], refusal.facts["asks"], refusal.facts["headings"]
        )
    except InvalidValue as refusal:
        # A choice that this file does not have: its bank writes other headings now.
        return _unreadable([Fault(0, "", "", refusal.message)], ("columns",), ())
    prints = fingerprints(statement.lines, account=statement.account)
    known = _known(prints)
    new = tuple(
        NewLine(line, fingerprint)
        for line, fingerprint in zip(statement.lines, prints, strict=True)
        if fingerprint not in known
    )
    return Preview(
        statement=statement,
        new=new,
        known=len(prints) - len(new),
        faults=(*_taken_bank_ids(new), *_too_much(statement, new)),
        asks=(),
        headings=_headings(statement),
        fingerprint=_digest(upload, new),
    )


def _unreadable(faults: Iterable[Fault], asks: tuple, headings: tuple) -> Preview:
    return Preview(None, (), 0, tuple(faults), tuple(asks), tuple(headings), "")


@transaction.atomic
def import_(
    *,
    upload: StatementUpload,
    fingerprint: str,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> BankStatement:
    """Import exactly what was previewed (`fingerprint`): its new lines, all of them.

    How the file was read is remembered for its bank. Raises AlreadyImported, PreviewOutdated when
    it would be something else by now, StateConflict when the file cannot be read or brings
    nothing new.
    """
    reason = clean_reason(reason)
    lock(upload)
    refuse_imported(upload.file_sha256)
    # One import of a bank at a time: the next one sees the lines of this one.
    bank_format, _ = BankFormat.objects.select_for_update().get_or_create(
        bank=upload.bank, defaults={"updated_at": now, "updated_by": by}
    )
    found = preview(upload=upload)
    if found.statement is None or found.faults:
        raise StateConflict(
            f"{upload.file_name} cannot be imported: {found.faults[0]}", current="unreadable"
        )
    if not found.new:
        raise StateConflict(
            f"Every line of {upload.file_name} is here already; there is nothing to import.",
            current="known",
        )
    if found.fingerprint != fingerprint:
        raise PreviewOutdated(
            "Somebody imported lines of this file since you saw it. Look at the preview again.",
            current="changed",
        )
    try:
        with transaction.atomic():
            statement = BankStatement.objects.create(
                bank=upload.bank,
                file_name=upload.file_name,
                file_sha256=upload.file_sha256,
                currency=found.statement.currency,
                line_count=len(found.new),
                sum_in=found.sum_in,
                sum_out=found.sum_out,
                opening_balance=found.statement.opening_balance,
                closing_balance=found.statement.closing_balance,
                imported_at=now,
                imported_by=by,
            )
            StatementLine.objects.bulk_create(_rows(statement, found.new), batch_size=BATCH)
    except IntegrityError:
        # Somebody else imported, for another bank, the same file or the same lines.
        refuse_imported(upload.file_sha256)
        raise PreviewOutdated(
            "Somebody imported the same lines at this moment. Look at the preview again.",
            current="changed",
        ) from None
    upload.statement = statement
    upload.save(update_fields=["statement"])
    bank_format.columns = upload.columns
    bank_format.style = upload.style
    bank_format.updated_at = now
    bank_format.updated_by = by
    bank_format.save()
    record(
        "statement_imported",
        by=by,
        reason=reason,
        target=statement,
        account=None,
        after={
            "bank": statement.bank,
            "file": statement.file_name,
            "lines": statement.line_count,
            "known_already": found.known,
            "sum_in": str(statement.sum_in),
            "sum_out": str(statement.sum_out),
        },
        ticket_url=ticket_url,
    )
    return statement


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


def _known(prints: list[Fingerprint]) -> set[Fingerprint]:
    found = StatementLine.objects.filter(
        fingerprint__in={fingerprint.digest for fingerprint in prints}
    )
    return {Fingerprint(*row) for row in found.values_list("fingerprint", "occurrence")}


def _own_ids(lines: Iterable[NewLine]) -> dict[int, str]:
    """The bank's id of each line (by its number) that has one of its own.

    Some banks give all parts of a batch one id: such an id tells no two lines apart.
    """
    numbers: dict[str, list[int]] = {}
    for one in lines:
        if one.line.bank_transaction_id:
            numbers.setdefault(one.line.bank_transaction_id, []).append(one.line.number)
    return {found[0]: bank_id for bank_id, found in numbers.items() if len(found) == 1}


def _taken_bank_ids(new: tuple[NewLine, ...]) -> Iterable[Fault]:
    """A line whose bank id another line has: the bank says the same transfer differently now."""
    own = _own_ids(new)
    taken = dict(
        StatementLine.objects.filter(bank_transaction_id__in=set(own.values())).values_list(
            "bank_transaction_id", "statement__file_name"
        )
    )
    for one in new:
        bank_id = own.get(one.line.number, "")
        if bank_id in taken:
            yield Fault(
                one.line.line_number,
                "",
                bank_id,
                f"is the bank’s id of a line imported from {taken[bank_id]}, which says something "
                "else. Compare the two; this file cannot be imported as it is.",
            )


def _too_much(statement: Statement, new: tuple[NewLine, ...]) -> Iterable[Fault]:
    told = (
        sum((abs(one.line.amount) for one in new), Decimal(0)),
        *(abs(one or 0) for one in (statement.opening_balance, statement.closing_balance)),
    )
    if max(told) >= MOST:
        yield Fault(0, "", f"{max(told):,}", "is more than can be kept as a sum or balance.")


def _rows(statement: BankStatement, new: tuple[NewLine, ...]) -> list[StatementLine]:
    own = _own_ids(new)
    return [
        StatementLine(
            statement=statement,
            line_number=one.line.number,
            bank_transaction_id=own.get(one.line.number),
            booked_on=one.line.booked_on,
            value_date=one.line.value_date,
            amount=one.line.amount,
            currency=one.line.currency,
            payer_name=one.line.payer_name[:LONGEST_PAYER],
            payer_iban=one.line.payer_iban[:LONGEST_IBAN],
            reference_raw=one.line.reference,
            reference_normalised=references.normalise(one.line.reference)[:LONGEST_REFERENCE],
            fingerprint=one.fingerprint.digest,
            occurrence=one.fingerprint.occurrence,
        )
        for one in new
    ]


def _headings(statement: Statement) -> tuple[str, ...]:
    used = (statement.detected.columns or {}).values()
    return tuple(dict.fromkeys([*used, *statement.detected.unused]))


def _digest(upload: StatementUpload, new: tuple[NewLine, ...]) -> str:
    told = [
        upload.file_sha256,
        upload.columns,
        upload.style,
        [[*one.fingerprint] for one in new],
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
