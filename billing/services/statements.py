"""Bank statements are imported: the previewed lines of a file, all of them or none."""

from datetime import datetime

from django.db import IntegrityError, transaction

from billing.models import BankFormat, BankStatement, StatementLine, StatementUpload
from billing.services import references
from billing.services.statement_previews import NewLine, Preview, own_ids, preview
from billing.services.statement_uploads import refuse_imported
from tenancy.errors import StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, lock, record

LONGEST_PAYER = 255
LONGEST_IBAN = 34
LONGEST_REFERENCE = 255
BATCH = 1_000


class PreviewOutdated(StateConflict):
    """What would be imported is not what was shown."""

    code = "preview_outdated"


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
    found = _as_shown(upload, fingerprint)
    statement = _keep(upload, found, by=by, now=now)
    upload.statement = statement
    upload.save(update_fields=["statement"])
    bank_format.columns, bank_format.style = upload.columns, upload.style
    bank_format.updated_at, bank_format.updated_by = now, by
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


def _as_shown(upload: StatementUpload, fingerprint: str) -> Preview:
    """What the file would bring now, which must be what was shown."""
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
    return found


def _keep(upload: StatementUpload, found: Preview, *, by: User, now: datetime) -> BankStatement:
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
    return statement


def _rows(statement: BankStatement, new: tuple[NewLine, ...]) -> list[StatementLine]:
    own = own_ids(new)
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
